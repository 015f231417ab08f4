/* gantry: the command line. Finds the command and runs it; each command lives in a file of its own. */
#include "cli/command.h"
#include "cli/help.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

const gt_command_group gt_command_groups[] = {
    {"The tutorial, step by step", {&gt_command_target, &gt_command_summary, &gt_command_fit_discriminator, &gt_command_train}},
    {"Runs", {&gt_command_sample, &gt_command_evaluate, &gt_command_classifier, &gt_command_show, &gt_command_export}},
    {"Studies", {&gt_command_study, &gt_command_report, &gt_command_replay, &gt_command_merge, &gt_command_studies}},
    {"What there is", {&gt_command_presets, &gt_command_devices, &gt_command_help}},
    {0},
};

const gt_command *gt_command_find(const char *name, int *code) {
    const char *best = NULL;
    GT_FOR_COMMANDS(command) {
        if (strcmp(command->name, name) == 0) return command;
        gt_cli_suggest(name, command->name, &best);
    }
    *code = best != NULL ? gt_cli_fail(GT_EXIT_USAGE, "no command is called \"%s\"; did you mean \"%s\"?", name, best)
                         : gt_cli_fail(GT_EXIT_USAGE, "no command is called \"%s\"; gantry help lists them", name);
    return NULL;
}

static bool is_help(const char *argument) { return strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0; }

/* Asked for anywhere among a command's flags, it wins over all of them. */
static bool wants_help(int argc, char **argv) {
    for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
        if (is_help(argv[i])) return true;
    return false;
}

static int dispatch(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "";
    int code = GT_EXIT_OK;
    if (*name == '\0') {
        gt_help_print(stderr);
        return GT_EXIT_USAGE;
    }
    if (strcmp(name, "--version") == 0) {
        printf("gantry %s\n", gt_version());
        return GT_EXIT_OK;
    }
    if (is_help(name)) {
        gt_help_print(stdout);
        return GT_EXIT_OK;
    }
    const gt_command *command = gt_command_find(name, &code);
    if (command == NULL) return code;
    if (!wants_help(argc - 1, argv + 1)) return command->run(argc - 1, argv + 1);
    gt_help_print_command(command, stdout);
    return GT_EXIT_OK;
}

/* A file that the program opens must not take the number of a closed standard stream, or messages would land in it. */
static bool guard_standard_streams(void) {
    bool stdout_open = true;
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
        if (fd == STDOUT_FILENO) stdout_open = false;
        if (open("/dev/null", fd == STDIN_FILENO ? O_RDONLY : O_WRONLY) != fd) return false;
    }
    return stdout_open;
}

int main(int argc, char **argv) {
    if (!guard_standard_streams())
        return gt_cli_fail(GT_EXIT_FAILURE, "standard output is closed; send it to a file or /dev/null");
    /* Failed writes are noticed where they happen, so that what has been computed can be saved. */
    signal(SIGPIPE, SIG_IGN);
    signal(SIGXFSZ, SIG_IGN);
    int code = dispatch(argc, argv);
    if (fclose(stdout) != 0 && code == GT_EXIT_OK)
        return gt_cli_fail(GT_EXIT_FAILURE, "can't write to standard output: %s", strerror(errno));
    return code;
}
