// Folders of PNG files: read right, or refused with one line.
#include "tests/image_files.h"

namespace {

TEST(Images, ReadFoldersOfPng) {
    Folder folder;
    Images images;
    put_bytes(folder / "b.png", png_bytes(grey(2, 3, 100)));
    put_bytes(folder / "a.PNG", png_bytes(grey(2, 3, 10)));
    put_bytes(folder / "readme.txt", "no image");
    put_bytes(folder / ".hidden.png", "no image");
    reads(folder.path(), &images);
    EXPECT_EQ(images.values(), (std::vector<int>{10, 11, 12, 13, 14, 15, 100, 101, 102, 103, 104, 105}));
    EXPECT_EQ(images.height, 2);
    EXPECT_EQ(images.width, 3);
    EXPECT_EQ(images.channels, 1);
    EXPECT_EQ(images.labels, nullptr);
}

void make_classes(const std::string &path, const std::vector<std::string> &names, int n) {
    for (size_t k = 0; k < names.size(); k++) {
        std::filesystem::create_directories(path + "/" + names[k]);
        for (int i = 0; i < n; i++)
            put_bytes(path + "/" + names[k] + "/" + std::to_string(i) + ".png",
                      png_bytes(grey(1, 1, (unsigned char)(10 * k + (size_t)i))));
    }
}

TEST(Images, ReadFoldersOfClasses) {
    Folder folder;
    Images images;
    make_classes(folder.path(), {"ant", "bee", "cow"}, 100);
    reads(folder.path(), &images);
    ASSERT_EQ(images.n, 300u);
    EXPECT_EQ(images.n_classes, 3);
    for (size_t i = 0; i < 300; i++) EXPECT_EQ(images.labels[i], (int)(i / 100));
    EXPECT_EQ(images.pixels[0], 0);
    EXPECT_EQ(images.pixels[1], 1);
    EXPECT_EQ(images.pixels[2], 10); // by name: 0.png, 1.png, 10.png
    EXPECT_EQ(images.pixels[201], 21);

    Folder parts;
    make_classes(parts / "train", {"ant", "bee"}, 3);
    make_classes(parts / "test", {"ant", "bee"}, 2);
    reads(parts.path(), &images, GT_IMAGES_TRAIN);
    EXPECT_EQ(images.n, 6u);
    reads(parts.path(), &images, GT_IMAGES_TEST);
    EXPECT_EQ(images.classes(), (std::vector<int>{0, 0, 1, 1}));
    std::filesystem::remove_all(parts / "test/ant");
    refuses(parts.path(), "have not the same folders of classes");
}

// What a palette, fewer and more bits, and an opaque alpha channel become.
TEST(Images, ConvertPng) {
    Folder folder;
    Images images;
    const std::string path = folder / "a.png";
    put_bytes(path, png_bytes({1, 2, PNG_COLOR_TYPE_RGB, 8, {1, 2, 3, 4, 5, 6}}));
    reads(folder.path(), &images);
    EXPECT_EQ(images.channels, 3);
    EXPECT_EQ(images.values(), (std::vector<int>{1, 2, 3, 4, 5, 6}));
    put_bytes(path, png_bytes({1, 2, PNG_COLOR_TYPE_PALETTE, 8, {1, 0}}, {{9, 8, 7}, {6, 5, 4}}));
    reads(folder.path(), &images);
    EXPECT_EQ(images.values(), (std::vector<int>{6, 5, 4, 9, 8, 7}));
    put_bytes(path, png_bytes({1, 8, PNG_COLOR_TYPE_GRAY, 1, {0xA1}}));
    reads(folder.path(), &images);
    EXPECT_EQ(images.values(), (std::vector<int>{255, 0, 255, 0, 0, 0, 0, 255}));
    put_bytes(path, png_bytes({1, 2, PNG_COLOR_TYPE_GRAY, 4, {0x1F}}));
    reads(folder.path(), &images);
    EXPECT_EQ(images.values(), (std::vector<int>{17, 255}));
    put_bytes(path, png_bytes({1, 2, PNG_COLOR_TYPE_GRAY, 16, {0x80, 0x7F, 0xFF, 0xFF}}));
    reads(folder.path(), &images);
    EXPECT_EQ(images.values(), (std::vector<int>{128, 255}));
    put_bytes(path, png_bytes({1, 2, PNG_COLOR_TYPE_GRAY_ALPHA, 8, {7, 255, 9, 255}}));
    reads(folder.path(), &images);
    EXPECT_EQ(images.values(), (std::vector<int>{7, 9}));
    EXPECT_EQ(images.channels, 1);
    put_bytes(path, png_bytes({1, 2, PNG_COLOR_TYPE_RGB_ALPHA, 8, {1, 2, 3, 255, 4, 5, 6, 255}}));
    reads(folder.path(), &images);
    EXPECT_EQ(images.values(), (std::vector<int>{1, 2, 3, 4, 5, 6}));
    put_bytes(path, png_bytes({1, 2, PNG_COLOR_TYPE_RGB_ALPHA, 8, {1, 2, 3, 255, 4, 5, 6, 254}}));
    refuses(folder.path(), "a.png has transparent pixels");
}

TEST(Images, RefuseOtherFolders) {
    {
        Folder folder;
        refuses(folder.path(), "has no images");
        put_bytes(folder / "notes.txt", "");
        refuses(folder.path(), "has no images");
        std::filesystem::create_directory(folder / "empty");
        refuses(folder.path(), "empty has no PNG files");
        put_bytes(folder / "a.png", png_bytes(grey(2, 2)));
        refuses(folder.path(), "both PNG files and folders (empty)");
        refuses(folder / "a.png", "is one PNG file");
        refuses(folder / "notes.txt", "holds no images");
        refuses(folder / "none", "can't read");
    }
    Folder folder;
    const std::string whole = png_bytes(grey(2, 2));
    put_bytes(folder / "a.png", whole);
    const std::string other = folder / "b.png";
    put_bytes(other, png_bytes(grey(2, 3)));
    refuses(folder.path(), "b.png has 2 x 3 pixels, but");
    put_bytes(other, png_bytes({2, 2, PNG_COLOR_TYPE_RGB, 8, std::vector<unsigned char>(12)}));
    refuses(folder.path(), "b.png is in colour, but");
    put_bytes(other, png_bytes(grey(65, 64)));
    refuses(folder.path(), "b.png can't be read as a PNG file: it has too many pixels");
    put_bytes(other, png_bytes(grey(1, 5000)));
    refuses(folder.path(), "b.png can't be read");
    put_bytes(other, "GIF89a");
    refuses(folder.path(), "b.png is no PNG file");
    put_bytes(other, whole + "x");
    refuses(folder.path(), "b.png can't be read as a PNG file: something follows its end");
    for (size_t size = 0; size < whole.size(); size++) {
        put_bytes(other, whole.substr(0, size));
        refuses(folder.path(), "b.png");
    }
    // a checksum a chunk: no changed bit gives another image
    for (size_t i = 0; i < whole.size(); i++) {
        std::string bytes = whole;
        bytes[i] = (char)(bytes[i] ^ 1 << i % 8);
        put_bytes(other, bytes);
        refuses(folder.path(), "b.png", std::to_string(i));
    }
}

} // namespace
