/* gantry: the command line. Finds the command and runs it; each command lives in a file of its own. */
#include "cli/command.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static const gt_command *const commands[] = {&gt_command_train, &gt_command_devices};
#define N_COMMANDS (sizeof commands / sizeof *commands)

static const gt_command *find_command(const char *name) {
    for (size_t i = 0; i < N_COMMANDS; i++)
        if (strcmp(commands[i]->name, name) == 0) return commands[i];
    return NULL;
}

static void print_help(FILE *out) {
    fputs("gantry trains generative adversarial networks made of dense layers.\n\nusage: gantry COMMAND [flags]\n\n", out);
    for (size_t i = 0; i < N_COMMANDS; i++) fprintf(out, "  %-10s %s\n", commands[i]->name, commands[i]->summary);
    fputs("  help       this text, or that of a command: gantry help COMMAND\n\n"
          "  --help, --version\n\n"
          "exit codes: 0 done, 1 failed at run time, 2 wrong usage, 3 no usable device, 4 unreadable or damaged input file,\n"
          "            130 and 143 interrupted (the run can be resumed)\n",
          out);
}

static int unknown_command(const char *name) {
    const char *best = NULL;
    for (size_t i = 0; i < N_COMMANDS; i++) gt_cli_suggest(name, commands[i]->name, &best);
    if (best != NULL) return gt_cli_fail(GT_EXIT_USAGE, "no command is called \"%s\"; did you mean \"%s\"?", name, best);
    return gt_cli_fail(GT_EXIT_USAGE, "no command is called \"%s\"; gantry help lists them", name);
}

static int dispatch(int argc, char **argv) {
    const char *name = argc > 1 ? argv[1] : "";
    if (*name == '\0') {
        print_help(stderr);
        return GT_EXIT_USAGE;
    }
    if (strcmp(name, "--version") == 0) {
        printf("gantry %s\n", gt_version());
        return GT_EXIT_OK;
    }
    bool help = strcmp(name, "help") == 0;
    if (strcmp(name, "--help") == 0 || strcmp(name, "-h") == 0 || (help && argc == 2)) {
        print_help(stdout);
        return GT_EXIT_OK;
    }
    const gt_command *command = find_command(help ? argv[2] : name);
    if (command == NULL) return unknown_command(help ? argv[2] : name);
    if (help) return command->run(2, (char *[]){argv[2], "--help", NULL});
    return command->run(argc - 1, argv + 1);
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
