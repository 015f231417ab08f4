// Kernels compiled at run time, and the cache they are kept in. Needs NVRTC, but neither a GPU nor a driver.
#include "engine/cuda_cache.h"
#include "engine/cuda_compiler.h"
#include "folder.h"

#include <array>
#include <cstring>
#include <set>
#include <thread>
#include <unistd.h>

namespace {

namespace fs = std::filesystem;

// An environment variable, put back at the end.
class Variable {
  public:
    Variable(const char *name, const char *value) : name_(name) {
        if (const char *old = getenv(name)) old_ = old, was_set_ = true;
        if (value != nullptr)
            setenv(name, value, 1);
        else
            unsetenv(name);
    }
    ~Variable() {
        if (was_set_)
            setenv(name_, old_.c_str(), 1);
        else
            unsetenv(name_);
    }
    Variable(const Variable &) = delete;
    Variable &operator=(const Variable &) = delete;

  private:
    const char *name_;
    std::string old_;
    bool was_set_ = false;
};

struct Result {
    gt_status status;
    std::string bytes;
    bool is_elf() const {
        return status == GT_OK && bytes.compare(0, 4,
                                                "\x7f"
                                                "ELF") == 0;
    }
    bool has(const char *text) const { return bytes.find(text) != std::string::npos; }
};

Result taken(gt_status status, void *data, size_t size) {
    Result result{status, {}};
    if (status == GT_OK) {
        result.bytes.assign(static_cast<const char *>(data), size);
        free(data);
    }
    return result;
}

// A program that compiles in no time; shapes and architecture vary.
const gt_kernel_source small_sources[] = {
    {"kernels/small.cu", "#include \"kernels/part.h\"\n#include <stdint.h>\n#include <stddef.h>\n#include <stdbool.h>\n"
                         "extern \"C\" __global__ void small_kernel(uint32_t *p, size_t n) { p[n] = part(FUSED_BATCH); }\n"},
    {"kernels/part.h", "constexpr unsigned part(unsigned n) { return 3 * n; }\n"},
};
const gt_cuda_program small = {small_sources, 2, "kernels/small.cu", nullptr};

Result compile(const char *shape = "#define FUSED_BATCH 1\n", int architecture = 90, const gt_cuda_program &program = small) {
    void *data = nullptr;
    size_t size = 0;
    const gt_status status = gt_cuda_compile_program(&program, shape, architecture, &data, &size);
    return taken(status, data, size);
}

Result cached(const char *key) {
    void *data = nullptr;
    size_t size = 0;
    const bool found = gt_cuda_cache_get(key, &data, &size);
    return taken(found ? GT_OK : GT_ERR_FILE, data, size);
}

bool nvrtc_is_there() {
    void *data = nullptr;
    size_t size = 0;
    if (gt_cuda_compile_program(&small, "#define FUSED_BATCH 1\n", 90, &data, &size) == GT_OK) {
        free(data);
        return true;
    }
    return std::string(gt_last_error()).find("can't be loaded") == std::string::npos;
}

// Each test has a cache of its own.
class CudaCompiler : public testing::Test {
  protected:
    Folder folder;
    Variable cache{"XDG_CACHE_HOME", folder.path().c_str()};
    Variable flags{"NVRTC_APPEND_FLAGS", nullptr};

    void SetUp() override {
        const Variable none{"XDG_CACHE_HOME", nullptr}, no_home{"HOME", nullptr};
        if (!nvrtc_is_there()) GTEST_SKIP() << "NVRTC is not installed: " << gt_last_error();
    }
    std::vector<std::string> entries() const {
        std::vector<std::string> paths;
        if (!fs::exists(folder / "gantry/kernels")) return paths;
        for (const auto &entry : fs::directory_iterator(folder / "gantry/kernels")) paths.push_back(entry.path());
        return paths;
    }
};

std::string key_of(const std::string &path) { return fs::path(path).stem(); }

TEST_F(CudaCompiler, CompilesTheKernelsForAShape) {
    const char *const shapes[] = {"kernels/shapes/x2.h", "kernels/shapes/x2_deep.h", "tests/shapes/hinge_64_columns.h"};
    for (const char *name : shapes) {
        const std::string shape = bytes_of(std::string(GANTRY_SOURCE_DIR "/") + name);
        ASSERT_FALSE(shape.empty());
        void *data = nullptr;
        size_t size = 0;
        const gt_status status = gt_cuda_compile(shape.c_str(), 90, &data, &size);
        ASSERT_EQ(status, GT_OK) << gt_last_error();
        const Result result = taken(status, data, size);
        EXPECT_TRUE(result.is_elf());
        EXPECT_TRUE(result.has("fused_train_custom"));
    }
    EXPECT_EQ(entries().size(), std::size(shapes));
}

TEST_F(CudaCompiler, CompilesForEveryArchitecture) {
    for (int architecture : {75, 80, 86, 89, 90, 100, 120}) {
        const Result result = compile("#define FUSED_BATCH 1\n", architecture);
        EXPECT_TRUE(result.is_elf() && result.has("small_kernel")) << architecture << ": " << gt_last_error();
    }
    EXPECT_EQ(entries().size(), 7u);
}

// Another entry under the right name shows that the second call doesn't compile.
TEST_F(CudaCompiler, TakesFromTheCache) {
    const Result first = compile();
    ASSERT_TRUE(first.is_elf()) << gt_last_error();
    ASSERT_EQ(entries().size(), 1u);
    EXPECT_EQ(compile().bytes, first.bytes);
    gt_cuda_cache_put(key_of(entries()[0]).c_str(), "other", 5);
    EXPECT_EQ(compile().bytes, "other");
}

TEST_F(CudaCompiler, KeepsApartWhatDiffers) {
    compile();
    compile("#define FUSED_BATCH 2\n");
    compile("#define FUSED_BATCH 1\n", 80);
    gt_kernel_source sources[] = {small_sources[0], {"kernels/part.h", "constexpr unsigned part(unsigned n) { return n; }\n"}};
    compile("#define FUSED_BATCH 1\n", 90, {sources, 2, "kernels/small.cu", nullptr});
    {
        const Variable debug{"NVRTC_APPEND_FLAGS", "-lineinfo"};
        compile();
    }
    EXPECT_EQ(entries().size(), 5u);
    std::set<std::string> contents;
    for (const std::string &path : entries()) contents.insert(bytes_of(path));
    EXPECT_EQ(contents.size(), 5u);
}

TEST_F(CudaCompiler, ReplacesDamagedEntries) {
    const Result good = compile();
    ASSERT_TRUE(good.is_elf()) << gt_last_error();
    const std::string path = entries().at(0), entry = bytes_of(path), payload = entry.substr(80);
    ASSERT_EQ(payload, good.bytes);
    const auto with = [&](size_t at, const std::string &bytes) { return std::string(entry).replace(at, bytes.size(), bytes); };
    const struct {
        const char *what;
        std::string bytes;
    } damages[] = {{"empty", ""},
                   {"less than a header", entry.substr(0, 79)},
                   {"a header alone", entry.substr(0, 80)},
                   {"truncated", entry.substr(0, entry.size() - 1)},
                   {"longer", entry + "x"},
                   {"wrong magic", with(0, "GTCUBIN0")},
                   {"another key", with(8, std::string(32, '0'))},
                   {"wrong digest", with(40, std::string(32, '0'))},
                   {"a huge size", with(72, std::string(8, '\xff'))},
                   {"no header", payload},
                   {"a flipped bit", with(1000, std::string(1, (char)(entry[1000] ^ 1)))}};
    for (const auto &damage : damages) {
        ASSERT_NE(damage.bytes, entry) << damage.what;
        put_bytes(path, damage.bytes);
        EXPECT_EQ(compile().bytes, good.bytes) << damage.what;
        EXPECT_EQ(bytes_of(path), entry) << damage.what;
    }
    EXPECT_EQ(entries().size(), 1u);
}

TEST_F(CudaCompiler, CompilesWithoutACache) {
    const Result good = compile();
    const auto expect_uncached = [&](const char *where) {
        const std::vector<std::string> before = entries();
        const Result result = compile("#define FUSED_BATCH 1\n");
        EXPECT_EQ(result.bytes, good.bytes) << where << ": " << gt_last_error();
        EXPECT_EQ(entries(), before) << where;
    };
    {
        const Variable none{"XDG_CACHE_HOME", nullptr}, no_home{"HOME", nullptr};
        expect_uncached("no folder is named");
    }
    put_bytes(folder / "file", "x");
    for (const std::string &path : {folder / "file", std::string("relative"), std::string("/proc"), std::string("/dev/full")}) {
        const Variable elsewhere{"XDG_CACHE_HOME", path.c_str()}, no_home{"HOME", nullptr};
        expect_uncached(path.c_str());
    }
    fs::remove_all(folder / "gantry");
    {
        const FileSizeLimit full(1000);
        expect_uncached("the disk is full");
    }
    EXPECT_EQ(entries().size(), 0u);
}

TEST_F(CudaCompiler, UsesTheHomeFolder) {
    const Variable none{"XDG_CACHE_HOME", nullptr}, home{"HOME", folder.path().c_str()};
    ASSERT_TRUE(compile().is_elf()) << gt_last_error();
    EXPECT_TRUE(fs::exists(folder / ".cache/gantry/kernels"));
}

TEST_F(CudaCompiler, SeesNoFilesOfTheWorkingFolder) {
    fs::create_directory(folder / "kernels");
    for (const char *name : {"kernels/small.cu", "kernels/part.h", "fused_shape_config.h", "stdint.h"})
        put_bytes(folder / name, "#error taken from the working folder\n");
    const fs::path before = fs::current_path();
    fs::current_path(folder.path());
    const Result ours = compile();
    put_bytes(folder / "extra.h", "");
    const Result theirs = compile("#include \"extra.h\"\n#define FUSED_BATCH 1\n");
    fs::current_path(before);
    EXPECT_TRUE(ours.is_elf());
    EXPECT_EQ(theirs.status, GT_ERR_DEVICE);
}

TEST_F(CudaCompiler, TellsTheFirstError) {
    EXPECT_EQ(compile("#define FUSED_BATCH nothing\n").status, GT_ERR_DEVICE);
    EXPECT_EQ(std::string(gt_last_error()),
              "NVRTC refuses the kernels for sm_90: kernels/small.cu(5): error: identifier \"nothing\" is undefined");
    EXPECT_EQ(compile("#error \"a\\nb\"\n").status, GT_ERR_DEVICE);
    EXPECT_EQ(std::string(gt_last_error()).find('\n'), std::string::npos);
    EXPECT_EQ(compile("#include <vector>\n").status, GT_ERR_DEVICE);
    EXPECT_NE(std::string(gt_last_error()).find("vector"), std::string::npos) << gt_last_error();
    EXPECT_EQ(compile("#define FUSED_BATCH 1\n", 123456).status, GT_ERR_DEVICE);
    EXPECT_NE(std::string(gt_last_error()).find("sm_123456"), std::string::npos) << gt_last_error();
    EXPECT_EQ(entries().size(), 0u);
}

TEST_F(CudaCompiler, ThreadsCompileAtOnce) {
    Result results[4];
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; i++)
        threads.emplace_back(
            [&results, i] { results[i] = compile(i < 2 ? "#define FUSED_BATCH 1\n" : "#define FUSED_BATCH 2\n"); });
    for (std::thread &thread : threads) thread.join();
    for (const Result &result : results) EXPECT_TRUE(result.is_elf());
    EXPECT_EQ(results[0].bytes, results[1].bytes);
    EXPECT_EQ(results[2].bytes, results[3].bytes);
    EXPECT_NE(results[0].bytes, results[2].bytes);
    EXPECT_EQ(entries().size(), 2u);
}

// The rest needs no NVRTC.

TEST(CudaCompilerMissing, SaysWhatToInstall) {
    const char *const libraries[] = {"libnothing.so.1", "libm.so.6", nullptr}; // the second has none of the functions
    EXPECT_EQ(compile("", 90, {small_sources, 2, "kernels/small.cu", libraries}).status, GT_ERR_DEVICE);
    const std::string line = gt_last_error();
    for (const char *part : {"NVRTC", "can't be loaded", "install", "--device cpu"})
        EXPECT_NE(line.find(part), std::string::npos) << line;
}

TEST(CudaCompilerSources, AreComplete) {
    std::set<std::string> names;
    for (size_t i = 0; i < gt_n_kernel_sources; i++) {
        const gt_kernel_source &source = gt_kernel_sources[i];
        names.insert(source.name);
        if (std::strncmp(source.name, "kernels/", 8) == 0) {
            EXPECT_EQ(bytes_of(std::string(GANTRY_SOURCE_DIR "/") + source.name), source.text) << source.name;
        }
    }
    for (const char *name : {"kernels/fused.cu", "kernels/exact.h", "kernels/streams.h", "curand_philox4x32_x.h"})
        EXPECT_EQ(names.count(name), 1u) << name;
}

const char key[] = "0123456789abcdef0123456789abcdef";

TEST(CudaCache, GivesBackWhatWasPut) {
    Folder folder;
    const Variable cache{"XDG_CACHE_HOME", folder.path().c_str()};
    EXPECT_NE(cached(key).status, GT_OK);
    const std::string bytes("a\0b", 3);
    gt_cuda_cache_put(key, bytes.data(), bytes.size());
    EXPECT_EQ(cached(key).bytes, bytes);
    EXPECT_NE(cached("0123456789abcdef0123456789abcdee").status, GT_OK);
}

TEST(CudaCache, NoticesEveryDamage) {
    Folder folder;
    const Variable cache{"XDG_CACHE_HOME", folder.path().c_str()};
    gt_cuda_cache_put(key, "some bytes", 10);
    const std::string path = folder / ("gantry/kernels/" + std::string(key) + ".cubin"), entry = bytes_of(path);
    ASSERT_EQ(entry.size(), 90u);
    for (size_t n = 0; n < entry.size(); n++) {
        put_bytes(path, entry.substr(0, n));
        EXPECT_NE(cached(key).status, GT_OK) << n << " bytes";
    }
    for (size_t i = 0; i < entry.size(); i++)
        for (int bit = 0; bit < 8; bit++) {
            std::string damaged = entry;
            damaged[i] = (char)(damaged[i] ^ 1 << bit);
            put_bytes(path, damaged);
            EXPECT_NE(cached(key).status, GT_OK) << "bit " << bit << " of byte " << i;
        }
    put_bytes(path, entry);
    EXPECT_EQ(cached(key).bytes, "some bytes");
}

TEST(CudaCache, LeavesTheLastErrorAlone) {
    const Variable cache{"XDG_CACHE_HOME", "/proc"};
    EXPECT_NE(compile("", 90, {small_sources, 2, "kernels/small.cu", std::array<const char *, 1>{}.data()}).status, GT_OK);
    const std::string before = gt_last_error();
    gt_cuda_cache_put(key, "x", 1);
    EXPECT_NE(cached(key).status, GT_OK);
    EXPECT_EQ(gt_last_error(), before);
}

} // namespace
