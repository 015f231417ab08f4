// The safetensors format: exact bytes written, everything malformed refused with one line, nothing read out of bounds.
#include "folder.h"
#include "io/safetensors.h"

#include <cstring>
#include <memory>

namespace {

using File = std::unique_ptr<gt_safetensors, decltype(&gt_safetensors_close)>;

File open_file(const std::string &path) {
    gt_safetensors *file = nullptr;
    EXPECT_EQ(gt_safetensors_open(path.c_str(), &file), GT_OK) << gt_last_error();
    return File(file, &gt_safetensors_close);
}

gt_tensor tensor(const char *name, gt_dtype dtype, const std::vector<uint64_t> &shape, const void *data = nullptr) {
    gt_tensor t{};
    strcpy(t.name, name);
    t.dtype = dtype;
    t.n_dims = (int)shape.size();
    std::copy(shape.begin(), shape.end(), t.shape);
    t.data = data;
    return t;
}

std::string with_length(const std::string &header, const std::string &data) {
    const uint64_t length = header.size();
    return std::string((const char *)&length, 8) + header + data;
}

const uint64_t big = 0xFEDCBA9876543210;
const double real = -0.1;
const float matrix[2][3] = {{1, 2, 3}, {4, 5, -6}};

std::string good_file(const Folder &folder) {
    const gt_metadata metadata[] = {{"key", "a \"value\"\n"}};
    const gt_tensor tensors[] = {tensor("u", GT_U64, {}, &big), tensor("d", GT_F64, {1}, &real),
                                 tensor("m", GT_F32, {2, 3}, matrix), tensor("none", GT_F32, {2, 0}, matrix)};
    EXPECT_EQ(gt_safetensors_write((folder / "good").c_str(), metadata, 1, tensors, 4), GT_OK) << gt_last_error();
    return bytes_of(folder / "good");
}

TEST(Safetensors, WritesTheFormatsBytes) {
    Folder folder;
    std::string header = R"({"__metadata__":{"key":"a \"value\"\n"},"u":{"dtype":"U64","shape":[],"data_offsets":[0,8]},)"
                         R"("d":{"dtype":"F64","shape":[1],"data_offsets":[8,16]},)"
                         R"("m":{"dtype":"F32","shape":[2,3],"data_offsets":[16,40]},)"
                         R"("none":{"dtype":"F32","shape":[2,0],"data_offsets":[40,40]}})";
    while (header.size() % 8 != 0) header += ' ';
    const std::string data =
        std::string((const char *)&big, 8) + std::string((const char *)&real, 8) + std::string((const char *)matrix, 24);
    EXPECT_EQ(good_file(folder), with_length(header, data));
}

TEST(Safetensors, ReadsWhatItWrote) {
    Folder folder;
    good_file(folder);
    const File file = open_file(folder / "good");
    ASSERT_NE(file, nullptr);
    EXPECT_STREQ(gt_safetensors_metadata(file.get(), "key"), "a \"value\"\n");
    EXPECT_EQ(gt_safetensors_metadata(file.get(), "Key"), nullptr);
    uint64_t u;
    double d;
    float m[2][3];
    for (int again = 0; again < 2; again++) {
        const gt_tensor wanted[] = {tensor("m", GT_F32, {2, 3}), tensor("d", GT_F64, {1}), tensor("u", GT_U64, {})};
        void *const out[] = {m, &d, &u};
        for (int i = 0; i < 3; i++) ASSERT_EQ(gt_safetensors_read(file.get(), &wanted[i], out[i]), GT_OK) << gt_last_error();
        EXPECT_EQ(u, big);
        EXPECT_EQ(d, real);
        EXPECT_EQ(memcmp(m, matrix, sizeof m), 0);
    }
}

TEST(Safetensors, ExpectsNameTypeAndShape) {
    Folder folder;
    good_file(folder);
    const File file = open_file(folder / "good");
    const std::string path = folder / "good";
    const std::pair<gt_tensor, std::string> cases[] = {
        {tensor("x", GT_F32, {2, 3}), path + " has no tensor \"x\""},
        {tensor("__metadata__", GT_F32, {2, 3}), path + " has no tensor \"__metadata__\""},
        {tensor("d", GT_U64, {1}), path + ": tensor \"d\" is F64 [1]; expected is U64 [1]"},
        {tensor("m", GT_F32, {3, 2}), path + ": tensor \"m\" is F32 [2,3]; expected is F32 [3,2]"},
        {tensor("m", GT_F32, {2}), path + ": tensor \"m\" is F32 [2,3]; expected is F32 [2]"},
        {tensor("m", GT_F32, {2, 3, 1}), path + ": tensor \"m\" is F32 [2,3]; expected is F32 [2,3,1]"},
    };
    for (const auto &[wanted, line] : cases) {
        float out[8];
        EXPECT_EQ(gt_safetensors_expect(file.get(), &wanted), GT_ERR_FILE);
        EXPECT_EQ(gt_last_error(), line);
        EXPECT_EQ(gt_safetensors_read(file.get(), &wanted, out), GT_ERR_FILE);
    }
}

TEST(Safetensors, ReadsFilesOfOtherWriters) {
    Folder folder;
    const std::string data("\0\0\x80\x3f\0\0\0\x40", 8);
    const std::string headers[] = {
        // no metadata, no padding, the second tensor first, white space
        R"({"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},"a":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})",
        "{ \"a\" :\n{\"data_offsets\":[0, 4],\"shape\":[],\"dtype\":\"F32\"},\r\n\t"
        "\"b\":{\"shape\":[1],\"data_offsets\":[4,8],\"dtype\":\"F32\"} } \n  ",
        // a member that the format doesn't have (yet), which the reference implementation passes over
        R"({"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"unit":"m"},)"
        R"("b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}})",
        // an escaped name, text beyond ASCII, tensors without elements before and between
        R"({"\u0061":{"dtype":"F32","shape":[],"data_offsets":[0,4]},"b":{"dtype":"F32","shape":[1],"data_offsets":[4,8]},)"
        R"("e":{"dtype":"U64","shape":[0,7],"data_offsets":[0,0]},"f":{"dtype":"F64","shape":[0],"data_offsets":[4,4]},)"
        "\"__metadata__\":{\"\xc3\xa4\":\"\xe2\x82\xac \xf0\x9f\x98\x80\"}}",
    };
    for (const std::string &header : headers) {
        SCOPED_TRACE(header);
        put_bytes(folder / "f", with_length(header, data));
        const File file = open_file(folder / "f");
        ASSERT_NE(file, nullptr);
        float a, b;
        const gt_tensor wanted[] = {tensor("a", GT_F32, {}), tensor("b", GT_F32, {1})};
        ASSERT_EQ(gt_safetensors_read(file.get(), &wanted[0], &a), GT_OK) << gt_last_error();
        ASSERT_EQ(gt_safetensors_read(file.get(), &wanted[1], &b), GT_OK) << gt_last_error();
        EXPECT_EQ(a, 1);
        EXPECT_EQ(b, 2);
    }
    put_bytes(folder / "f", with_length("{}", ""));
    EXPECT_NE(open_file(folder / "f"), nullptr);
}

struct Bad {
    std::string header;
    size_t data_bytes;
    std::string line; // what the error says behind the path
};

std::string f32(const std::string &shape, const std::string &offsets, const std::string &dtype = "\"F32\"") {
    return "{\"dtype\":" + dtype + ",\"shape\":" + shape + ",\"data_offsets\":" + offsets + "}";
}

TEST(Safetensors, RefusesMalformedFiles) {
    const std::string not_json = " is not a safetensors file: its header is not one JSON object";
    const std::string not_text = " is not a safetensors file: its header is not UTF-8 text";
    const std::string members = ": tensor \"a\" must have a dtype, a shape and two data_offsets";
    const std::string offsets = ": data_offsets of tensor \"a\" are not two integers in order";
    const std::string shape = ": tensor \"a\" has an impossible shape";
    const std::string twice = ": its header has \"a\" twice";
    const auto one = [](const std::string &tensor) { return "{\"a\":" + tensor + "}"; };
    const auto two = [](const std::string &a, const std::string &b) { return "{\"a\":" + a + ",\"b\":" + b + "}"; };
    const Bad cases[] = {
        {"", 0, not_json},
        {"[]", 0, not_json},
        {"\"a\"", 0, not_json},
        {" {}", 0, not_json},
        {"{", 0, not_json},
        {"{}x", 0, not_json},
        {"{}{}", 0, not_json},
        {"{\"a\"}", 0, not_json},
        {"{\"a\":\"\\ud800\"}", 0, not_json},
        {"{\"a\":" + std::string(5000, '[') + std::string(5000, ']') + "}", 0, not_json},
        {std::string("{}\0", 3), 0, not_text},
        {"{\"\x01\":1}", 0, not_text},
        {"{\"\x80\":1}", 0, not_text},
        {"{\"\xc3\":1}", 0, not_text},
        {"{\"\xc0\x80\":1}", 0, not_text},         // overlong
        {"{\"\xe0\x80\x80\":1}", 0, not_text},     // overlong
        {"{\"\xed\xa0\x80\":1}", 0, not_text},     // a surrogate
        {"{\"\xf4\x90\x80\x80\":1}", 0, not_text}, // past U+10FFFF
        {"{\"a\":1}", 0, members},
        {"{\"a\":null}", 0, members},
        {"{\"a\":[\"F32\",[1],[0,4]]}", 4, members},
        {"{\"a\":{}}", 0, members},
        {one(R"({"dtype":"F32","shape":[1]})"), 4, members},
        {one(R"({"dtype":"F32","shape":[1],"data_offsets":[0,4],"shape":[1]})"), 4, ": its header has \"shape\" twice"},
        {one(f32("[1]", "[0,4]", "7")), 4, members},
        {one(f32("1", "[0,4]")), 4, members},
        {one(f32("[1]", "[0]")), 4, members},
        {one(f32("[1]", "[0,4,4]")), 4, members},
        {one(f32("[1]", "{\"x\":0,\"y\":4}")), 4, members},
        {one(f32("[1]", "[0,4]", "\"BF16\"")), 4, ": tensor \"a\" has dtype \"BF16\", which gantry doesn't read"},
        {one(f32("[1]", "[0,4]", "\"f32\"")), 4, ": tensor \"a\" has dtype \"f32\", which gantry doesn't read"},
        {one(f32("[1]", "[0,\"4\"]")), 4, offsets},
        {one(f32("[1]", "[4,0]")), 4, offsets},
        {one(f32("[1]", "[-4,0]")), 4, offsets},
        {one(f32("[1]", "[0,4.5]")), 4, offsets},
        {one(f32("[1]", "[0,1e300]")), 4, offsets},
        {one(f32("[1]", "[0,18446744073709551616]")), 4, offsets},
        {one(f32("[-1]", "[0,4]")), 4, shape},
        {one(f32("[0.5]", "[0,4]")), 4, shape},
        {one(f32("[\"1\"]", "[0,4]")), 4, shape},
        {one(f32("[[1]]", "[0,4]")), 4, shape},
        {one(f32("[1e300]", "[0,4]")), 4, shape},
        {one(f32("[4294967296,4294967296]", "[0,0]")), 0, shape},
        {one(f32("[4294967296,4294967296,0]", "[0,0]")), 0, shape},
        {one(f32("[2]", "[0,4]")), 4, ": tensor \"a\" has 4 bytes, but its shape needs 8"},
        {one(f32("[]", "[0,8]")), 8, ": tensor \"a\" has 8 bytes, but its shape needs 4"},
        {one(f32("[1]", "[4,8]")), 8, ": tensor \"a\" begins at byte 4 of the data; the one before ends at 0"},
        {two(f32("[1]", "[0,4]"), f32("[1]", "[8,12]")), 12,
         ": tensor \"b\" begins at byte 8 of the data; the one before ends at 4"},
        {two(f32("[2]", "[0,8]"), f32("[1]", "[4,8]")), 8,
         ": tensor \"b\" begins at byte 4 of the data; the one before ends at 8"},
        {two(f32("[1]", "[0,4]"), f32("[1]", "[0,4]")), 4,
         ": tensor \"b\" begins at byte 0 of the data; the one before ends at 4"},
        {one(f32("[1]", "[0,4]")), 3, " has 3 bytes of data where its tensors need 4: it is damaged"},
        {one(f32("[1]", "[0,4]")), 5, " has 5 bytes of data where its tensors need 4: it is damaged"},
        {"{}", 1, " has 1 bytes of data where its tensors need 0: it is damaged"},
        {"{\"a\":" + f32("[1]", "[0,4]") + ",\"a\":" + f32("[1]", "[4,8]") + "}", 8, twice},
        {"{\"a\":" + f32("[0]", "[0,0]") + ",\"\\u0061\":" + f32("[0]", "[0,0]") + "}", 0, twice},
        {R"({"__metadata__":{},"__metadata__":{}})", 0, ": its header has \"__metadata__\" twice"},
        {R"({"__metadata__":{"a":"1","a":"2"}})", 0, twice},
        {R"({"__metadata__":{"a":1}})", 0, ": \"a\" in __metadata__ is not a string"},
        {R"({"__metadata__":{"a":{"b":"c"}}})", 0, ": \"a\" in __metadata__ is not a string"},
        {R"({"__metadata__":["a"]})", 0, ": __metadata__ is not a JSON object"},
        {R"({"__metadata__":"a"})", 0, ": __metadata__ is not a JSON object"},
    };
    Folder folder;
    for (const Bad &bad : cases) {
        SCOPED_TRACE(bad.header.substr(0, 100));
        put_bytes(folder / "f", with_length(bad.header, std::string(bad.data_bytes, '\0')));
        gt_safetensors *file = nullptr;
        ASSERT_EQ(gt_safetensors_open((folder / "f").c_str(), &file), GT_ERR_FILE);
        EXPECT_EQ(std::string(gt_last_error()), (folder / "f") + bad.line);
        EXPECT_EQ(file, nullptr);
    }
}

TEST(Safetensors, RefusesImpossibleHeaderLengths) {
    Folder folder;
    for (uint64_t length : {(uint64_t)3, (uint64_t)100000001, (uint64_t)1 << 62, UINT64_MAX - 7, UINT64_MAX}) {
        put_bytes(folder / "f", std::string((const char *)&length, 8) + "{}");
        gt_safetensors *file = nullptr;
        EXPECT_EQ(gt_safetensors_open((folder / "f").c_str(), &file), GT_ERR_FILE);
        EXPECT_NE(std::string(gt_last_error()).find("header of " + std::to_string(length) + " bytes"), std::string::npos);
        if (length < 10) continue;
        std::filesystem::resize_file(folder / "f", 200000000); // sparse: now there would be room for the first
        EXPECT_EQ(gt_safetensors_open((folder / "f").c_str(), &file), GT_ERR_FILE);
        EXPECT_NE(std::string(gt_last_error()).find("header of " + std::to_string(length) + " bytes"), std::string::npos);
    }
}

TEST(Safetensors, RefusesWhatIsNoFile) {
    Folder folder;
    for (const std::string &path : {folder / "no", folder.path(), std::string("/dev/zero"), std::string("/dev/null")}) {
        gt_safetensors *file = nullptr;
        EXPECT_EQ(gt_safetensors_open(path.c_str(), &file), GT_ERR_FILE);
        EXPECT_NE(std::string(gt_last_error()).find(path), std::string::npos);
    }
}

TEST(Safetensors, RefusesEveryTruncationAndExtension) {
    Folder folder;
    const std::string good = good_file(folder);
    for (size_t size = 0; size <= good.size() + 1; size++) {
        if (size == good.size()) continue;
        std::string bytes = good;
        bytes.resize(size);
        put_bytes(folder / "f", bytes);
        gt_safetensors *file = nullptr;
        ASSERT_EQ(gt_safetensors_open((folder / "f").c_str(), &file), GT_ERR_FILE) << size;
    }
}

// A changed byte is refused, or gives another file that is well-formed: then all of it can be read. The sanitizers watch.
TEST(Safetensors, SurvivesEveryChangedByte) {
    Folder folder;
    const std::string good = good_file(folder);
    const gt_tensor wanted[] = {tensor("u", GT_U64, {}), tensor("d", GT_F64, {1}), tensor("m", GT_F32, {2, 3})};
    size_t refused = 0;
    for (size_t at = 0; at < good.size(); at++)
        for (int change : {1, 2, 4, 8, 16, 32, 64, 128, 255}) {
            std::string bytes = good;
            bytes[at] = (char)(bytes[at] ^ change);
            put_bytes(folder / "f", bytes);
            gt_safetensors *file = nullptr;
            const gt_status status = gt_safetensors_open((folder / "f").c_str(), &file);
            ASSERT_TRUE(status == GT_OK || status == GT_ERR_FILE) << at << ": " << gt_status_name(status);
            refused += status != GT_OK;
            for (size_t i = 0; status == GT_OK && i < 3; i++) {
                double room[3];
                const gt_status read = gt_safetensors_read(file, &wanted[i], room);
                ASSERT_TRUE(read == GT_OK || read == GT_ERR_FILE);
            }
            gt_safetensors_close(file);
        }
    EXPECT_GT(refused, good.size());
}

} // namespace
