/* The manual page, in the man macros of roff (man 7 man). */
#include "cli/help.h"

#include <stdlib.h>
#include <string.h>

enum { LINE = 60 };

/* Text as roff's input: no line begins with a control character or is long, and minus signs can be copied. */
static void print_text(const char *text, FILE *out) {
    int column = 0;
    for (; *text != '\0'; text++) {
        if (column == 0 && (*text == '.' || *text == '\'')) fputs("\\&", out);
        column = *text == '\n' ? 0 : column + 1;
        switch (*text) {
        case ' ':
            fputc(column > LINE ? '\n' : ' ', out);
            if (column > LINE) column = 0;
            break;
        case '\\':
            fputs("\\e", out);
            break;
        case '-':
            fputs("\\-", out);
            break;
        case '^':
            fputs("\\(ha", out);
            break;
        case '~':
            fputs("\\(ti", out);
            break;
        case '`':
            fputs("\\(ga", out);
            break;
        case '\'':
            fputs("\\(aq", out);
            break;
        default:
            fputc(*text, out);
        }
    }
    fputc('\n', out);
}

static void print_option(const gt_option *option, const gt_option *before, const void *defaults, FILE *out) {
    char usage[GT_OPTION_USAGE_CHARS];
    char *help = gt_help_of_option(option, before, defaults);
    fputs(".TP\n.B ", out);
    print_text(gt_option_usage(option, usage), out);
    print_text(help, out);
    free(help);
}

/* A heading is a paragraph in bold. */
static void print_command(const gt_command *command, FILE *out) {
    const void *defaults = command->defaults != NULL ? command->defaults() : NULL;
    fprintf(out, ".SS gantry ");
    print_text(command->name, out);
    fputs(".B gantry ", out);
    print_text(command->name, out);
    print_text(command->usage, out);
    fputs(".PP\n", out);
    print_text(command->about, out);
    const gt_option *before = NULL;
    GT_FOR_OPTIONS(option, command->options) {
        if (option->name != NULL) {
            print_option(option, before, defaults, out);
        } else {
            fputs(".PP\n.I ", out);
            print_text(option->help, out);
        }
        before = option;
    }
}

void gt_man_page_print(FILE *out) {
    fprintf(out, ".TH GANTRY 1 \"\" \"gantry %s\" \"User Commands\"\n", gt_version());
    fputs(".SH NAME\ngantry \\- train generative adversarial networks made of dense layers\n"
          ".SH SYNOPSIS\n.B gantry\n.I command\n.RI [ flags ]\n.SH DESCRIPTION\n",
          out);
    print_text(
        "Trains GANs made of dense layers: the \"1-D GAN from scratch\" tutorial by one command, and what can be changed in "
        "it by flags. Runs give the same weights, bit for bit, on every device.",
        out);
    fputs(".SH COMMANDS\n", out);
    print_text("In brackets: what a flag is when it isn't given.", out);
    GT_FOR_COMMANDS(command) print_command(command, out);
    fputs(".SH EXIT STATUS\n", out);
    print_text(GT_EXIT_CODES_TEXT, out);
    fputs(".SH FILES\n.TP\n.I runs/NAME\\-seedN/\n", out);
    print_text("the folder of a run: config.yaml, metrics.csv, points.csv, pictures, weights and checkpoint.safetensors", out);
    fputs(".SH EXAMPLES\n.nf\n", out);
    print_text("gantry train\ngantry train --seed 7 --batch 64 --g-lr 5e-4\ngantry train --target 'sin(2*pi*x)*exp(-x)' "
               "--domain -1:1\n"
               "gantry train --preset ring8-pacgan\ngantry sample runs/x2-seed5 -n 1000 --out x.npy --plot",
               out);
    fputs(".fi\n", out);
}
