// GIFs: whole ones are told from cut ones, frames are counted, and the last one is held.
#include "folder.h"
#include "io/gif.h"

#include <cstring>

namespace {

// Two frames of 1 x 1: the first with a colour table of its own, the second in two sub-blocks, after a loop extension and a
// comment.
const unsigned char small[] = {
    'G',  'I',  'F',  '8',  '9',  'a', 1,   0,   1,   0,    0x80, 0,   0,   0,   0, 0, 255, 255, 255, // screen, 2 colours
    0x21, 0xff, 11,   'N',  'E',  'T', 'S', 'C', 'A', 'P',  'E',  '2', '.', '0', 3, 1, 0,   0,   0,   // loop
    0x21, 0xf9, 4,    0,    7,    0,   0,   0,                                                        // delay 7
    0x2c, 0,    0,    0,    0,    1,   0,   1,   0,   0x80, 1,    2,   3,   4,   5, 6,                // image, its colours
    2,    2,    0x44, 0x01, 0,                                                                        // its pixels
    0x21, 0xfe, 2,    0x3b, 0x2c, 0,                                                                  // a comment
    0x21, 0xf9, 4,    0,    7,    0,   0,   0,                                                        // delay 7
    0x2c, 0,    0,    0,    0,    1,   0,   1,   0,   0,                                              // image
    2,    1,    0x44, 1,    0x01, 0,                                                                  // its pixels
    0x3b};
const std::string whole(reinterpret_cast<const char *>(small), sizeof small);
const size_t last_delay = sizeof small - 1 - 6 - 10 - 4;

TEST(Gif, CountsTheFrames) {
    Folder folder;
    put_bytes(folder / "a.gif", whole);
    gt_gif_info info;
    ASSERT_EQ(gt_gif_scan((folder / "a.gif").c_str(), &info), GT_OK) << gt_last_error();
    EXPECT_EQ(info.n_frames, 2u);
    EXPECT_EQ(info.last_delay, last_delay);
    EXPECT_EQ(info.size, whole.size());
}

TEST(Gif, EveryCutIsSeen) {
    Folder folder;
    gt_gif_info info;
    for (size_t length = 0; length < whole.size(); length++) {
        put_bytes(folder / "a.gif", whole.substr(0, length));
        EXPECT_EQ(gt_gif_scan((folder / "a.gif").c_str(), &info), GT_ERR_FILE) << length;
    }
    EXPECT_EQ(gt_gif_scan((folder / "none.gif").c_str(), &info), GT_ERR_FILE);
}

TEST(Gif, OtherFilesAreRefused) {
    Folder folder;
    gt_gif_info info;
    for (const size_t at : {size_t{0}, size_t{4}, size_t{19}}) {
        std::string damaged = whole;
        damaged[at] ^= 1;
        put_bytes(folder / "a.gif", damaged);
        EXPECT_EQ(gt_gif_scan((folder / "a.gif").c_str(), &info), GT_ERR_FILE) << at;
    }
    put_bytes(folder / "a.gif", whole.substr(0, 19) + ";"); // no frame
    EXPECT_EQ(gt_gif_scan((folder / "a.gif").c_str(), &info), GT_ERR_FILE);
}

TEST(Gif, HoldsTheLastFrame) {
    Folder folder;
    put_bytes(folder / "a.gif", whole);
    ASSERT_EQ(gt_gif_hold_last((folder / "a.gif").c_str(), 0x0203), GT_OK) << gt_last_error();
    std::string expected = whole;
    expected[last_delay] = 3;
    expected[last_delay + 1] = 2;
    EXPECT_EQ(bytes_of(folder / "a.gif"), expected);
    put_bytes(folder / "a.gif", whole.substr(0, 60));
    EXPECT_EQ(gt_gif_hold_last((folder / "a.gif").c_str(), 9), GT_ERR_FILE);
    EXPECT_EQ(bytes_of(folder / "a.gif"), whole.substr(0, 60));
}

} // namespace
