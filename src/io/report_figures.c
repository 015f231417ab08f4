/* gnuplot's SVG files inline: only the element itself, names of its parts made unlike those of the other charts, and its ink
 * left to the page, so that it can be read on dark paper too. */
#include "io/report_html.h"

#include "core/status.h"
#include "io/file.h"

#include <stdlib.h>
#include <string.h>

enum { MAX_SVG_BYTES = 64 << 20 };

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

static gt_status write_figure(FILE *page, const gt_report *report, size_t number) {
    const gt_figure *figure = &report->figures->list[number];
    char *path = NULL, *svg = NULL;
    size_t size;
    const size_t room = strlen(report->folder) + strlen(figure->name) + sizeof "/.svg";
    path = malloc(room);
    if (path == NULL) return gt_fail(GT_ERR_MEMORY, "out of memory for the page");
    snprintf(path, room, "%s/%s.svg", report->folder, figure->name);
    gt_status status = gt_file_read(path, MAX_SVG_BYTES, &svg, &size);
    const char *drawing = status == GT_OK ? drawing_of(svg) : NULL;
    if (status == GT_OK && drawing == NULL) status = gt_fail(GT_ERR_IO, "%s: not a chart of gnuplot's", path);
    if (status == GT_OK) {
        fprintf(page, "<figure style=\"max-width:%dpx\"><svg viewBox=\"0 0 %d %d\" role=\"img\" aria-label=\"", figure->width,
                figure->width, figure->height);
        gt_html_write(page, figure->title);
        fputs("\"><g>", page); /* for gnuplot's canvas, whose beginning is left out */
        write_drawing(page, drawing, number);
        fputs("</figure>\n", page);
    }
    free(svg);
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
