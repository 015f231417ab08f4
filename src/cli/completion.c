/* Completion for bash: a function with the words of the tables in it, so that it needs neither gantry nor bash-completion to
 * run. */
#include "cli/help.h"

#include <string.h>

static bool is_path(const gt_option *option) {
    const char *value = option->value != NULL ? option->value : "";
    return strstr(value, "FILE") != NULL || strstr(value, "DIR") != NULL || strstr(value, "RUN") != NULL;
}

static void print_choices(const gt_option *option, FILE *out) {
    for (int i = 0; option->choice(i) != NULL; i++) fprintf(out, i == 0 ? "%s" : " %s", option->choice(i));
}

/* What completes the word behind a flag; for a switch that is nothing, and flags go on. */
static void print_value(const gt_command *command, const gt_option *option, FILE *out) {
    if (option->name == NULL || option->flags & GT_OPTION_POSITIONAL) return;
    if (option->kind == GT_OPTION_SWITCH || option->kind == GT_OPTION_BOOL || option->kind == GT_OPTION_PICTURE) return;
    fprintf(out, "        %s:--%s", command->name, option->name);
    if (option->letter != 0) fprintf(out, " | %s:-%c", command->name, option->letter);
    if (option->choice != NULL) {
        fputs(") words=\"", out);
        print_choices(option, out);
        fputs("\" ;;\n", out);
    } else {
        fputs(is_path(option) ? ") files=1 ;;\n" : ") return ;;\n", out);
    }
}

static void print_flags(const gt_command *command, FILE *out) {
    fprintf(out, "            %s) words=\"--help", command->name);
    const gt_option *positional = NULL;
    GT_FOR_OPTIONS(option, command->options) {
        if (option->flags & GT_OPTION_POSITIONAL)
            positional = option;
        else if (option->name != NULL)
            fprintf(out, " --%s", option->name);
    }
    if (positional != NULL && positional->choice != NULL) {
        fputc(' ', out);
        print_choices(positional, out);
    }
    fputs(positional != NULL && is_path(positional) ? "\" files=1 ;;\n" : "\" ;;\n", out);
}

void gt_completion_print(FILE *out) {
    fputs("# bash completion for gantry\n\n_gantry() {\n"
          "    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} words='' files=''\n"
          "    COMPREPLY=()\n"
          "    if [ \"$COMP_CWORD\" -eq 1 ]; then\n        words=\"--help --version",
          out);
    GT_FOR_COMMANDS(command) fprintf(out, " %s", command->name);
    fputs("\"\n    elif [ \"${COMP_WORDS[1]}\" = help ]; then\n        words=\"", out);
    GT_FOR_COMMANDS(command) fprintf(out, " %s", command->name);
    fputs("\"\n    else\n        case ${COMP_WORDS[1]}:$previous in\n", out);
    GT_FOR_COMMANDS(command) { GT_FOR_OPTIONS(option, command->options) print_value(command, option, out); }
    fputs("        *)\n            case ${COMP_WORDS[1]} in\n", out);
    GT_FOR_COMMANDS(command) print_flags(command, out);
    fputs("            esac\n            ;;\n        esac\n    fi\n"
          "    local word\n"
          "    while IFS= read -r word; do COMPREPLY+=(\"$word\"); done < <(compgen -W \"$words\" -- \"$current\")\n"
          "    if [ -n \"$files\" ]; then\n"
          "        while IFS= read -r word; do COMPREPLY+=(\"$word\"); done < <(compgen -f -- \"$current\")\n"
          "    fi\n"
          "    [ -z \"$files\" ] || compopt -o filenames 2>/dev/null\n"
          "}\ncomplete -F _gantry gantry\n",
          out);
}
