/* gantry help: the list of commands, the flags of one; and, for the build, the texts that are made from the same tables. */
#include "cli/help.h"

#include <stdlib.h>
#include <string.h>

typedef struct {
    const char *command;
    gt_switch man, completion;
} settings;

#define AT(member_) .n_members = 1, .member = {offsetof(settings, member_)}
static const gt_option options[] = {
    {"command", GT_OPTION_TEXT, "COMMAND", "what to tell about", GT_OPTION_POSITIONAL, AT(command)},
    {.help = "Texts that are installed"},
    {"man", GT_OPTION_SWITCH, "", "the manual page, as roff", AT(man)},
    {"completion", GT_OPTION_SWITCH, "", "a script for bash that completes commands, flags and their values", AT(completion)},
    {NULL, .kind = GT_OPTION_END},
};

char *gt_help_of_option(const gt_option *option, const gt_option *before, const void *defaults) {
    char text[GT_OPTION_CHARS];
    const char *value = defaults != NULL ? gt_option_format(option, defaults, text) : NULL;
    const bool choices = option->choice != NULL && (before == NULL || before->choice != option->choice);
    const bool known = value != NULL && *value != '\0';
    char *list = choices ? gt_option_choices(option) : NULL;
    char *help = gt_cli_text("%s%s%s%s%s%s", option->help, choices ? ": " : "", choices ? list : "", known ? " (" : "",
                             known ? value : "", known ? ")" : "");
    free(list);
    return help;
}

enum { TEXT_AT = 27, WIDTH = 118 };

/* Words from column TEXT_AT on, over several lines where they need it. */
static void print_wrapped(const char *text, int at, FILE *out) {
    for (const char *word = text; *word != '\0';) {
        const int length = (int)strcspn(word, " ");
        if (at + 1 + length > WIDTH && at > TEXT_AT) {
            fprintf(out, "\n%*s", TEXT_AT - 1, "");
            at = TEXT_AT - 1;
        }
        fprintf(out, " %.*s", length, word);
        at += 1 + length;
        word += length + (word[length] == ' ');
    }
    fputc('\n', out);
}

static void print_option(const gt_option *option, const gt_option *before, const void *defaults, FILE *out) {
    char usage[GT_OPTION_USAGE_CHARS];
    char *help = gt_help_of_option(option, before, defaults);
    const int at = fprintf(out, "  %-24s", gt_option_usage(option, usage));
    print_wrapped(help, at, out);
    free(help);
}

void gt_help_print_command(const gt_command *command, FILE *out) {
    const void *defaults = command->defaults != NULL ? command->defaults() : NULL;
    const gt_option *before = NULL;
    fprintf(out, "usage: gantry %s %s\n\n%s\n", command->name, command->usage, command->about);
    if (defaults != NULL) fputs("In brackets: what a flag is when it isn't given.\n", out);
    GT_FOR_OPTIONS(option, command->options) {
        if (before == NULL && option->name != NULL) fputc('\n', out);
        if (option->name == NULL)
            fprintf(out, "\n%s\n", option->help);
        else
            print_option(option, before, defaults, out);
        before = option;
    }
}

void gt_help_print(FILE *out) {
    fputs("gantry trains generative adversarial networks made of dense layers.\n\nusage: gantry COMMAND [flags]\n", out);
    for (const gt_command_group *group = gt_command_groups; group->heading != NULL; group++) {
        fprintf(out, "\n%s\n", group->heading);
        for (const gt_command *const *at = group->commands; *at != NULL; at++)
            fprintf(out, "  %-18s %s\n", (*at)->name, (*at)->summary);
    }
    fputs("\ngantry COMMAND --help has the flags of a command; gantry --version the version.\n\nexit codes: " GT_EXIT_CODES_TEXT
          "\n",
          out);
}

static int run(int argc, char **argv) {
    settings s = {0};
    int code = gt_cli_read(options, argc, argv, &s);
    if (code != GT_EXIT_OK) return code;
    const gt_command *command = s.command != NULL ? gt_command_find(s.command, &code) : NULL;
    if (code != GT_EXIT_OK) return code;
    if (s.man == GT_SWITCH_ON)
        gt_man_page_print(stdout);
    else if (s.completion == GT_SWITCH_ON)
        gt_completion_print(stdout);
    else if (command != NULL)
        gt_help_print_command(command, stdout);
    else
        gt_help_print(stdout);
    return gt_cli_flush();
}

const gt_command gt_command_help = {
    .name = "help",
    .summary = "this text, or that of a command: gantry help COMMAND",
    .run = run,
    .usage = "[COMMAND]",
    .about = "Lists the commands, or the flags of one.",
    .options = options,
};
