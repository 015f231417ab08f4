/* private. Parts of the page: text that is escaped, numbers as people read them, and the sections (report_*.c). */
#ifndef GT_IO_REPORT_HTML_H
#define GT_IO_REPORT_HTML_H

#include "io/report.h"

#ifdef __cplusplus
extern "C" {
#endif

extern const char gt_report_style[]; /* CSS */

/* Text: & < > " ' become entities, and control characters U+FFFD. */
void gt_html_write(FILE *page, const char *text);
void gt_html_printf(FILE *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Bytes as base64 (RFC 4648), in one line. */
void gt_html_base64(FILE *page, const char *data, size_t size);

/* <th scope="row">, <td>, <td class="n"> around such a text. */
void gt_html_head(FILE *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
void gt_html_cell(FILE *page, const char *format, ...) __attribute__((format(printf, 2, 3)));
void gt_html_number(FILE *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* "83.1 %", "80.6-85.3 %", "0.00853". Return text. */
#define GT_HTML_CHARS 48
char *gt_html_share(uint64_t k, uint64_t n, char text[GT_HTML_CHARS]);
char *gt_html_interval(gt_interval interval, char text[GT_HTML_CHARS]);
char *gt_html_value(double value, char text[GT_HTML_CHARS]);

/* A path or word as a shell takes it: quoted where it must be. The caller frees; NULL: no memory. */
char *gt_html_shell_word(const char *text);

/* The charts of a section, in order, inline. GT_ERR_IO: one can't be read. */
gt_status gt_html_figures(FILE *page, const gt_report *report, gt_figure_section section);

/* The sections of the page. */
void gt_report_outcomes(FILE *page, const gt_report *report);
void gt_report_checkpoints(FILE *page, const gt_report *report);
void gt_report_times(FILE *page, const gt_report *report);
void gt_report_percentiles(FILE *page, const gt_report *report);
void gt_report_runs(FILE *page, const gt_report *report);
void gt_report_accuracy_text(FILE *page, const gt_report *report);
void gt_report_accuracy_table(FILE *page, const gt_report *report);
gt_status gt_report_sweep(FILE *page, const gt_report *report);
void gt_report_rules(FILE *page, const gt_report *report);
void gt_report_definitions(FILE *page, const gt_report *report);
gt_status gt_report_origin(FILE *page, const gt_report *report);

#ifdef __cplusplus
}
#endif
#endif
