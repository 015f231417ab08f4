/* gnuplot's SVG files inline: only the element itself, names of its parts made unlike those of the other charts, and its ink
 * left to the page, so that it can be read on dark paper too. Images are PNG files, inline as base64. */
#include "io/report_html.h"

#include "core/status.h"
#include "io/file.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_BYTES = 64 << 20 };

typedef struct {
    const char *from, *to; /* NULL: the number of the chart behind `from` */
} replacement;

static const replacement replacements[] = {
    {"id='", NULL},
    {"id=\"", NULL},
    {"href='#", NULL},
    {"url(#", NULL},
    {" color=\"black\"", ""},
    {" color=\"#FFFFFF\"", ""},
    {"rgb(47,47,47)", "currentColor"},
    {"rgb( 47,  47,  47)", "currentColor"},
    {"fill=\"black\"", "fill=\"currentColor\""},
    {"stroke='black'", "stroke='currentColor'"},
    {"stroke=\"black\"", "stroke=\"currentColor\""},
    {"rgb(  0, 114, 178)", "var(--blue)"},
    {"rgb(0,114,178)", "var(--blue)"},
    {"rgb(  0,   0, 255)", "var(--generated)"},
    {"rgb(0,0,255)", "var(--generated)"},
};

/* What gnuplot writes before the drawing is not for a page: XML's head, a title (the page shows it on top of everything), the
 * white paper. */
static const char *drawing_of(const char *svg) {
    const char *body = strstr(svg, "<defs>");
    return body;
}

static void write_drawing(FILE *page, const char *svg, size_t number) {
    const size_t n = sizeof replacements / sizeof *replacements;
    while (*svg != '\0') {
        size_t r = 0;
        while (r < n && strncmp(svg, replacements[r].from, strlen(replacements[r].from)) != 0) r++;
        if (r == n) {
            fputc(*svg++, page);
        } else {
            if (replacements[r].to != NULL)
                fputs(replacements[r].to, page);
            else
                fprintf(page, "%sc%zu-", replacements[r].from, number);
            svg += strlen(replacements[r].from);
        }
    }
}

static gt_status write_chart(FILE *page, const gt_report *report, size_t number, const char *svg) {
    const gt_figure *figure = &report->figures->list[number];
    const char *drawing = drawing_of(svg);
    if (drawing == NULL) return gt_fail(GT_ERR_IO, "%s/%s.svg: not a chart of gnuplot's", report->folder, figure->name);
    fprintf(page, "<figure style=\"max-width:%dpx\"><svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", figure->width,
            figure->width, figure->height);
    gt_html_write(page, figure->title);
    fputs("\"><g>", page); /* for gnuplot's canvas, whose beginning is left out */
    write_drawing(page, drawing, number);
    fputs("</figure>\n", page);
    return GT_OK;
}

static void write_images(FILE *page, const gt_figure *figure, const char *png, size_t size) {
    fprintf(page, "<figure style=\"max-width:%dpx\"><img width=\"%d\" height=\"%d\" alt=\"", figure->width, figure->width,
            figure->height);
    gt_html_write(page, figure->title);
    fputs("\" src=\"data:image/png;base64,", page);
    gt_html_base64(page, png, size);
    fputs("\"><figcaption>", page);
    gt_html_write(page, figure->title);
    fputs("</figcaption></figure>\n", page);
}

static gt_status write_figure(FILE *page, const gt_report *report, size_t number) {
    const gt_figure *figure = &report->figures->list[number];
    const bool images = gt_figure_is_images(figure);
    char *path = NULL, *data = NULL;
    size_t size;
    const size_t room = strlen(report->folder) + strlen(figure->name) + sizeof "/.svg";
    path = malloc(room);
    if (path == NULL) return gt_fail(GT_ERR_MEMORY, "out of memory for the page");
    snprintf(path, room, "%s/%s.%s", report->folder, figure->name, images ? "png" : "svg");
    gt_status status = gt_file_read(path, MAX_BYTES, &data, &size);
    if (status == GT_OK && images)
        write_images(page, figure, data, size);
    else if (status == GT_OK)
        status = write_chart(page, report, number, data);
    free(data);
    free(path);
    return status;
}

gt_status gt_html_figures(FILE *page, const gt_report *report, gt_figure_section section) {
    bool any = false;
    for (size_t f = 0; f < report->figures->n; f++) {
        if (report->figures->list[f].section != section) continue;
        const bool small = report->figures->list[f].width <= GT_FIGURE_SMALL;
        if (!any) fprintf(page, "<div class=\"figures%s\">\n", small ? " three" : "");
        any = true;
        GT_TRY(write_figure(page, report, f));
    }
    if (any) fputs("</div>\n", page);
    return GT_OK;
}
