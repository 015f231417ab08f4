// PNG files of any kind, written and read by libpng.
#ifndef GT_TESTS_PNG_FILES_H
#define GT_TESTS_PNG_FILES_H

#include "tests/folder.h"

#include <png.h>

struct PngImage {
    int height, width, color_type, bits;
    std::vector<unsigned char> rows; // as libpng has them
};

inline std::string png_bytes(const PngImage &image, const std::vector<png_color> &palette = {}) {
    std::string out;
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
    png_infop info = png_create_info_struct(png);
    png_set_write_fn(
        png, &out, [](png_structp p, png_bytep data, size_t n) { ((std::string *)png_get_io_ptr(p))->append((char *)data, n); },
        nullptr);
    png_set_IHDR(png, info, (png_uint_32)image.width, (png_uint_32)image.height, image.bits, image.color_type,
                 PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    if (!palette.empty()) png_set_PLTE(png, info, palette.data(), (int)palette.size());
    png_write_info(png, info);
    const size_t row_bytes = png_get_rowbytes(png, info);
    EXPECT_EQ(image.rows.size(), row_bytes * (size_t)image.height);
    for (int y = 0; y < image.height; y++) png_write_row(png, image.rows.data() + (size_t)y * row_bytes);
    png_write_end(png, info);
    png_destroy_write_struct(&png, &info);
    return out;
}

inline PngImage read_png(const std::string &path) {
    const std::string bytes = bytes_of(path);
    png_image image = {};
    image.version = PNG_IMAGE_VERSION;
    EXPECT_TRUE(png_image_begin_read_from_memory(&image, bytes.data(), bytes.size())) << image.message;
    const bool colour = (image.format & PNG_FORMAT_FLAG_COLOR) != 0;
    image.format = colour ? PNG_FORMAT_RGB : PNG_FORMAT_GRAY;
    PngImage out{(int)image.height, (int)image.width, colour ? PNG_COLOR_TYPE_RGB : PNG_COLOR_TYPE_GRAY, 8, {}};
    out.rows.resize(PNG_IMAGE_SIZE(image));
    EXPECT_TRUE(png_image_finish_read(&image, nullptr, out.rows.data(), 0, nullptr)) << image.message;
    return out;
}

#endif
