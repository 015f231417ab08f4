// Grids of images, read back by libpng.
#include "io/image_grid.h"

#include "png_files.h"

#include <cmath>

namespace {

// Three grey images of 2 x 3 in two columns: where each pixel comes out, and that the rest is white.
TEST(ImageGrid, PlacesTiles) {
    Folder folder;
    std::vector<float> values;
    for (int i = 0; i < 3 * 6; i++) values.push_back((float)(10 * i));
    gt_image_grid grid = {};
    grid.values = values.data();
    grid.n = 3;
    grid.height = 2, grid.width = 3, grid.channels = 1, grid.columns = 2;
    for (int scale : {1, 2, 5})
        for (int gap : {0, 1, 4}) {
            grid.scale = scale;
            grid.gap = gap;
            ASSERT_EQ(gt_image_grid_write((folder / "g.png").c_str(), &grid), GT_OK) << gt_last_error();
            const PngImage png = read_png(folder / "g.png");
            ASSERT_EQ(png.color_type, PNG_COLOR_TYPE_GRAY);
            ASSERT_EQ(png.height, 4 * scale + gap);
            ASSERT_EQ(png.width, 6 * scale + gap);
            uint64_t height, width;
            gt_image_grid_size(&grid, &height, &width);
            EXPECT_EQ(height, (uint64_t)png.height);
            EXPECT_EQ(width, (uint64_t)png.width);
            for (int y = 0; y < png.height; y++)
                for (int x = 0; x < png.width; x++) {
                    const int step_y = 2 * scale + gap, step_x = 3 * scale + gap;
                    const int row = y / step_y, column = x / step_x, tile = 2 * row + column;
                    const int in_y = y % step_y / scale, in_x = x % step_x / scale;
                    const bool inside = in_y < 2 && in_x < 3 && tile < 3;
                    const int expected = inside ? 10 * (tile * 6 + in_y * 3 + in_x) : 255;
                    ASSERT_EQ(png.rows[(size_t)(y * png.width + x)], expected) << scale << " " << gap << " " << y << " " << x;
                }
        }
}

TEST(ImageGrid, RoundsAndClamps) {
    Folder folder;
    const std::vector<float> values = {0, 0.49f, 0.51f, 254.4f, 254.6f, 255, 255.3f, 1e30f, -1e30f, -0.4f, NAN, INFINITY};
    const std::vector<unsigned char> expected = {0, 0, 1, 254, 255, 255, 255, 255, 0, 0, 0, 255};
    gt_image_grid grid = {};
    grid.values = values.data();
    grid.n = 1;
    grid.height = 2, grid.width = 2, grid.channels = 3, grid.columns = 7, grid.gap = 3, grid.scale = 1;
    ASSERT_EQ(gt_image_grid_write((folder / "g.png").c_str(), &grid), GT_OK) << gt_last_error();
    const PngImage png = read_png(folder / "g.png");
    EXPECT_EQ(png.color_type, PNG_COLOR_TYPE_RGB);
    EXPECT_EQ(png.width, 2);
    EXPECT_EQ(png.rows, expected);
}

TEST(ImageGrid, ChoosesAScale) {
    EXPECT_EQ(gt_image_grid_scale(28, 28), 2);
    EXPECT_EQ(gt_image_grid_scale(8, 8), 7);
    EXPECT_EQ(gt_image_grid_scale(1, 1), 56);
    EXPECT_EQ(gt_image_grid_scale(32, 64), 1);
    EXPECT_EQ(gt_image_grid_scale(3, 56), 1);
}

// The old file stays where the new one can't be written, and nothing else is left behind.
TEST(ImageGrid, AppearsWholeOrNotAtAll) {
    Folder folder;
    std::vector<float> values(100 * 100, 7);
    for (size_t i = 0; i < values.size(); i++) values[i] = (float)(i * 7919 % 256);
    gt_image_grid grid = {};
    grid.values = values.data();
    grid.n = 1;
    grid.height = 100, grid.width = 100, grid.channels = 1, grid.columns = 1, grid.scale = 1;
    put_bytes(folder / "g.png", "old");
    {
        FileSizeLimit limit(100);
        EXPECT_EQ(gt_image_grid_write((folder / "g.png").c_str(), &grid), GT_ERR_IO);
    }
    EXPECT_EQ(bytes_of(folder / "g.png"), "old");
    EXPECT_EQ(folder.files().size(), 1u);
    EXPECT_EQ(gt_image_grid_write((folder / "none/g.png").c_str(), &grid), GT_ERR_IO);
    grid.scale = 1000;
    EXPECT_EQ(gt_image_grid_write((folder / "g.png").c_str(), &grid), GT_ERR_ARGUMENT);
    EXPECT_NE(std::string(gt_last_error()).find("100000 x 100000"), std::string::npos) << gt_last_error();
}

} // namespace
