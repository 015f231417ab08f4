/* Escaping, encoding and numbers. */
#define _GNU_SOURCE /* vasprintf */
#include "io/report_html.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

void gt_html_write(FILE *page, const char *text) {
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&':
            fputs("&amp;", page);
            break;
        case '<':
            fputs("&lt;", page);
            break;
        case '>':
            fputs("&gt;", page);
            break;
        case '"':
            fputs("&quot;", page);
            break;
        case '\'':
            fputs("&#39;", page);
            break;
        default:
            if ((unsigned char)*text < ' ' && *text != '\n' && *text != '\t')
                fputs("\xef\xbf\xbd", page);
            else
                fputc(*text, page);
        }
    }
}

static void write_formatted(FILE *page, const char *format, va_list args) {
    char *text = NULL;
    if (vasprintf(&text, format, args) >= 0) gt_html_write(page, text);
    free(text);
}

void gt_html_printf(FILE *page, const char *format, ...) {
    va_list args;
    va_start(args, format);
    write_formatted(page, format, args);
    va_end(args);
}

void gt_html_base64(FILE *page, const char *data, size_t size) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < size; i += 3) {
        const size_t n = size - i < 3 ? size - i : 3; /* bytes of this group: n + 1 digits */
        uint32_t bits = 0;
        for (size_t b = 0; b < 3; b++) bits = bits << 8 | (b < n ? (unsigned char)data[i + b] : 0);
        for (size_t d = 0; d < 4; d++) fputc(d <= n ? digits[bits >> (18 - 6 * d) & 63] : '=', page);
    }
}

void gt_html_head(FILE *page, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("<th scope=\"row\">", page);
    write_formatted(page, format, args);
    fputs("</th>", page);
    va_end(args);
}

void gt_html_cell(FILE *page, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("<td>", page);
    write_formatted(page, format, args);
    fputs("</td>", page);
    va_end(args);
}

void gt_html_number(FILE *page, const char *format, ...) {
    va_list args;
    va_start(args, format);
    fputs("<td class=\"n\">", page);
    write_formatted(page, format, args);
    fputs("</td>", page);
    va_end(args);
}

char *gt_html_share(uint64_t k, uint64_t n, char text[GT_HTML_CHARS]) {
    if (n == 0) return strcpy(text, "–");
    snprintf(text, GT_HTML_CHARS, "%.1f %%", 100 * (double)k / (double)n);
    return text;
}

char *gt_html_interval(gt_interval interval, char text[GT_HTML_CHARS]) {
    snprintf(text, GT_HTML_CHARS, "%.1f–%.1f %%", 100 * interval.low, 100 * interval.high);
    return text;
}

char *gt_html_value(double value, char text[GT_HTML_CHARS]) {
    if (isnan(value)) return strcpy(text, "–");
    if (isinf(value)) return strcpy(text, value > 0 ? "∞" : "−∞");
    snprintf(text, GT_HTML_CHARS, "%.4g", value);
    return text;
}

char *gt_html_shell_word(const char *text) {
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_./:=,+-@%";
    char *word = malloc(4 * strlen(text) + 3), *to = word;
    if (word == NULL) return NULL;
    if (*text != '\0' && text[strspn(text, plain)] == '\0') return strcpy(word, text);
    *to++ = '\'';
    for (; *text != '\0'; text++)
        if (*text == '\'')
            to = stpcpy(to, "'\\''");
        else
            *to++ = *text;
    strcpy(to, "'");
    return word;
}
