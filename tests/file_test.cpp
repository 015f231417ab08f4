// Whole files: written completely or not at all, read up to a limit.
#include "folder.h"
#include "io/file.h"

#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <thread>
#include <unistd.h>

namespace {

using Names = std::vector<std::string>;

gt_status write(const std::string &path, const std::string &bytes) {
    return gt_file_write(path.c_str(), bytes.data(), bytes.size());
}

// Fails to write over "old" at path, and leaves it and its folder as they were.
void expect_refused(const Folder &folder, const std::string &path, const std::string &bytes, const std::string &why) {
    const Names before = folder.files();
    ASSERT_EQ(write(path, bytes), GT_ERR_IO);
    EXPECT_EQ(std::string(gt_last_error()), "can't write " + path + ": " + why);
    EXPECT_EQ(folder.files(), before);
    if (before == Names{"old"}) {
        EXPECT_EQ(bytes_of(folder / "old"), "old");
    }
}

TEST(FileWrite, AppearsWithAllItsBytes) {
    Folder folder;
    const std::string bytes("a\0b\n\xff", 5);
    ASSERT_EQ(write(folder / "f", bytes), GT_OK) << gt_last_error();
    EXPECT_EQ(bytes_of(folder / "f"), bytes);
    ASSERT_EQ(write(folder / "f", ""), GT_OK);
    EXPECT_EQ(bytes_of(folder / "f"), "");
    EXPECT_EQ(folder.files(), Names{"f"});
}

TEST(FileWrite, JoinsItsParts) {
    Folder folder;
    const std::string large(3 << 20, 'x');
    const gt_file_part parts[] = {{"head ", 5}, {nullptr, 0}, {large.data(), large.size()}, {"!", 1}};
    ASSERT_EQ(gt_file_write_parts((folder / "f").c_str(), parts, 4), GT_OK);
    EXPECT_TRUE(bytes_of(folder / "f") == "head " + large + "!");
}

TEST(FileWrite, LeavesPermissionsToTheUmask) {
    Folder folder;
    const mode_t old = umask(027);
    const gt_status status = write(folder / "f", "x");
    umask(old);
    ASSERT_EQ(status, GT_OK);
    struct stat info;
    ASSERT_EQ(stat((folder / "f").c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0640u);
}

TEST(FileWrite, FollowsASymbolicLink) {
    Folder folder;
    put_bytes(folder / "old", "old");
    ASSERT_EQ(symlink("old", (folder / "link").c_str()), 0);
    ASSERT_EQ(write(folder / "link", "new"), GT_OK);
    EXPECT_TRUE(std::filesystem::is_symlink(folder / "link"));
    EXPECT_EQ(bytes_of(folder / "old"), "new");
}

TEST(FileWrite, RefusesAFolderThatIsNotThere) {
    Folder folder;
    expect_refused(folder, folder / "no/f", "x", "No such file or directory");
    expect_refused(folder, "", "x", "No such file or directory");
}

TEST(FileWrite, RefusesAFolder) {
    Folder folder;
    expect_refused(folder, folder.path(), "x", "Is a directory");
}

TEST(FileWrite, RefusesAFolderWithoutPermission) {
    Folder folder;
    put_bytes(folder / "old", "old");
    ASSERT_EQ(chmod(folder.path().c_str(), 0555), 0);
    const bool root = geteuid() == 0; // who may write everywhere
    if (root) {
        ASSERT_EQ(seteuid(65534), 0);
    }
    expect_refused(folder, folder / "old", "new", "Permission denied");
    expect_refused(folder, folder / "f", "new", "Permission denied");
    if (root) {
        ASSERT_EQ(seteuid(0), 0);
    }
    chmod(folder.path().c_str(), 0755);
}

TEST(FileWrite, LeavesNothingBehindWhenItIsCutShort) {
    Folder folder;
    put_bytes(folder / "old", "old");
    FileSizeLimit limit(1000);
    expect_refused(folder, folder / "old", std::string(1001, 'x'), "File too large");
    expect_refused(folder, folder / "f", std::string(1 << 20, 'x'), "File too large");
    EXPECT_EQ(write(folder / "f", std::string(1000, 'x')), GT_OK);
}

TEST(FileWrite, LeavesNothingBehindOnAFullDisk) {
    Folder folder;
    if (mount("tmpfs", folder.path().c_str(), "tmpfs", 0, "size=64k") != 0)
        GTEST_SKIP() << "no permission to mount a small tmpfs: " << strerror(errno);
    put_bytes(folder / "old", "old");
    expect_refused(folder, folder / "old", std::string(1 << 20, 'x'), "No space left on device");
    EXPECT_EQ(write(folder / "old", std::string(1 << 14, 'x')), GT_OK) << gt_last_error();
    EXPECT_EQ(umount(folder.path().c_str()), 0);
}

// On device files of the test's own: code that is wrong here, run by root, would replace those of the machine.
TEST(FileWrite, WritesDevicesInPlace) {
    Folder folder;
    const std::string full = folder / "full", null = folder / "null";
    if (mknod(full.c_str(), S_IFCHR | 0666, makedev(1, 7)) != 0 || mknod(null.c_str(), S_IFCHR | 0666, makedev(1, 3)) != 0 ||
        !std::ofstream(null))
        GTEST_SKIP() << "no permission to make and open device files: " << strerror(errno);
    expect_refused(folder, full, "x", "No space left on device");
    EXPECT_EQ(write(null, "x"), GT_OK) << gt_last_error();
    for (const std::string &device : {full, null}) EXPECT_TRUE(std::filesystem::is_character_file(device)) << device;
}

TEST(FileWrite, WritesAPipeInPlace) {
    Folder folder;
    ASSERT_EQ(mkfifo((folder / "pipe").c_str(), 0600), 0);
    std::string got;
    std::thread reader([&] { got = bytes_of(folder / "pipe"); });
    const std::string bytes(200000, 'p');
    EXPECT_EQ(write(folder / "pipe", bytes), GT_OK) << gt_last_error();
    reader.join();
    EXPECT_TRUE(got == bytes);
    EXPECT_EQ(folder.files(), Names{"pipe"});
}

TEST(FileWrite, TwoWritersOfOneFileDoNotMix) {
    Folder folder;
    std::vector<std::thread> writers;
    for (char c : {'a', 'b', 'c', 'd'})
        writers.emplace_back([&folder, c] {
            for (int i = 0; i < 20; i++) EXPECT_EQ(write(folder / "f", std::string(100000, c)), GT_OK) << gt_last_error();
        });
    for (std::thread &writer : writers) writer.join();
    const std::string bytes = bytes_of(folder / "f");
    EXPECT_EQ(bytes.size(), 100000u);
    EXPECT_EQ(bytes.find_first_not_of(bytes[0]), std::string::npos);
    EXPECT_EQ(folder.files(), Names{"f"});
}

struct Read {
    gt_status status;
    std::string bytes;
};

Read read(const std::string &path, size_t max_bytes) {
    char *data = nullptr;
    size_t size = 0;
    Read result{gt_file_read(path.c_str(), max_bytes, &data, &size), {}};
    if (result.status == GT_OK) {
        EXPECT_EQ(data[size], '\0');
        result.bytes.assign(data, size);
    }
    free(data);
    return result;
}

TEST(FileRead, GivesAllBytesUpToTheLimit) {
    Folder folder;
    for (size_t size : {0, 1, 1000, 200000}) {
        const std::string bytes(size, '\x80');
        put_bytes(folder / "f", bytes);
        for (size_t limit : {size, size + 1, (size_t)1 << 30, SIZE_MAX}) {
            const Read result = read(folder / "f", limit);
            ASSERT_EQ(result.status, GT_OK) << gt_last_error();
            EXPECT_TRUE(result.bytes == bytes);
        }
    }
    EXPECT_EQ(read(folder / "f", 199999).status, GT_ERR_FILE);
    EXPECT_EQ(std::string(gt_last_error()),
              "can't read " + (folder / "f") + ": it is longer than 199999 bytes, the most that is taken here");
}

TEST(FileRead, ReadsAPipeUpToTheLimit) {
    for (size_t limit : {300000, 299999, 10}) {
        int ends[2];
        ASSERT_EQ(pipe(ends), 0);
        std::signal(SIGPIPE, SIG_IGN);
        std::thread writer([&] {
            const std::string bytes(300000, 'p');
            for (size_t at = 0; at < bytes.size();) {
                const ssize_t n = ::write(ends[1], bytes.data() + at, std::min<size_t>(bytes.size() - at, 7777));
                if (n < 0) break;
                at += (size_t)n;
            }
            close(ends[1]);
        });
        const Read result = read("/dev/fd/" + std::to_string(ends[0]), limit);
        close(ends[0]);
        writer.join();
        EXPECT_EQ(result.status, limit == 300000 ? GT_OK : GT_ERR_FILE) << limit;
        if (limit == 300000) {
            EXPECT_TRUE(result.bytes == std::string(300000, 'p'));
        }
    }
}

TEST(FileRead, RefusesWhatIsNoFile) {
    Folder folder;
    EXPECT_EQ(read(folder / "no", 10).status, GT_ERR_FILE);
    EXPECT_EQ(std::string(gt_last_error()), "can't read " + (folder / "no") + ": No such file or directory");
    EXPECT_EQ(read(folder.path(), 10).status, GT_ERR_FILE);
    EXPECT_EQ(std::string(gt_last_error()), "can't read " + folder.path() + ": Is a directory");
    EXPECT_EQ(read("/dev/zero", SIZE_MAX).status, GT_ERR_FILE);
    EXPECT_EQ(read("", 10).status, GT_ERR_FILE);
}

} // namespace
