/* The process of gnuplot or dot, and the files that it leaves. */
#define _GNU_SOURCE /* posix_spawn_file_actions_addchdir_np */
#include "io/plots_process.h"

#include "core/status.h"
#include "io/gif.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* ---------------------------------------------------------------- the process */

/* stdin from a pipe, stdout thrown away, stderr into errors (NULL: thrown away). */
static gt_status start(const char *folder, char *const argv[], FILE *errors, pid_t *pid, FILE **input) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return gt_fail(GT_ERR_IO, "%s: no pipe: %m", argv[0]);
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    sigset_t defaults;
    sigemptyset(&defaults);
    sigaddset(&defaults, SIGPIPE);
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addchdir_np(&actions, folder);
    posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    if (errors != NULL)
        posix_spawn_file_actions_adddup2(&actions, fileno(errors), STDERR_FILENO);
    else
        posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGDEF);
    posix_spawnattr_setsigdefault(&attributes, &defaults);

    int error = posix_spawnp(pid, argv[0], &actions, &attributes, argv, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    close(ends[0]);
    *input = error == 0 ? fdopen(ends[1], "w") : NULL;
    if (*input != NULL) return GT_OK;
    close(ends[1]);
    return gt_fail(GT_ERR_IO, "%s doesn't start: %s", argv[0], strerror(error));
}

/* Waits; true if it ended well. */
static bool end_well(pid_t pid) {
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool gt_drawing_available(char *const argv[]) {
    pid_t pid;
    FILE *input;
    if (start(".", argv, NULL, &pid, &input) != GT_OK) return false;
    fclose(input);
    return end_well(pid);
}

gt_status gt_drawing_begin(const char *folder, char *const argv[], gt_drawing *out) {
    *out = (gt_drawing){.program = argv[0], .errors = tmpfile()};
    if (out->errors == NULL) return gt_fail(GT_ERR_IO, "%s: no temporary file: %m", argv[0]);
    gt_status status = start(folder, argv, out->errors, &out->pid, &out->script);
    if (status != GT_OK) fclose(out->errors);
    return status;
}

/* The last line that says something. */
static void last_words(FILE *errors, char *line, size_t size) {
    char text[256];
    snprintf(line, size, "no message");
    rewind(errors);
    while (fgets(text, sizeof text, errors) != NULL) {
        char *start = text + strspn(text, " \t\n^");
        start[strcspn(start, "\n")] = '\0';
        if (*start != '\0') snprintf(line, size, "%s", start);
    }
}

gt_status gt_drawing_end(gt_drawing *drawing) {
    gt_status status = GT_OK;
    bool written = fclose(drawing->script) == 0;
    if (!end_well(drawing->pid) || !written) {
        char words[200];
        last_words(drawing->errors, words, sizeof words);
        status =
            gt_fail(GT_ERR_IO, "%s failed (%s), so there are no pictures; the other files are whole", drawing->program, words);
    }
    fclose(drawing->errors);
    return status;
}

/* ---------------------------------------------------------------- the files */

static char *join(const char *folder, const char *name) {
    char *path = NULL;
    return asprintf(&path, "%s/%s", folder, name) >= 0 ? path : NULL;
}

char *gt_drawing_part(const char *name) {
    char *part = NULL;
    return asprintf(&part, ".%s.part", name) >= 0 ? part : NULL;
}

/* Neither program notices a full disk, but pictures say where they end. */
static bool ends_in(const char *path, const char *end) {
    char tail[16];
    const size_t n = strlen(end);
    FILE *file = fopen(path, "rb");
    if (file == NULL) return false;
    bool whole = fseek(file, -(long)n, SEEK_END) == 0 && fread(tail, n, 1, file) == 1 && memcmp(tail, end, n) == 0;
    fclose(file);
    return whole;
}

static bool is_whole(const char *path, const char *name) {
    const char *end = strrchr(name, '.');
    gt_gif_info info;
    if (end != NULL && strcmp(end, ".gif") == 0) return gt_gif_scan(path, &info) == GT_OK;
    if (end != NULL && strcmp(end, ".svg") == 0) return ends_in(path, "</svg>\n\n"); /* as gnuplot writes it */
    return ends_in(path, "IEND\xae\x42\x60\x82");
}

gt_status gt_drawing_publish(gt_status status, const char *program, const char *folder, const char *const *names, size_t n) {
    for (size_t p = 0; p < n; p++) {
        char *part = gt_drawing_part(names[p]), *from = part != NULL ? join(folder, part) : NULL, *to = join(folder, names[p]);
        if (from == NULL || to == NULL)
            status = gt_fail(GT_ERR_MEMORY, "%s: out of memory", folder);
        else if (status == GT_OK && !is_whole(from, names[p]))
            status = gt_fail(GT_ERR_IO, "%s: %s couldn't write it whole; is the disk full?", to, program);
        else if (status == GT_OK && rename(from, to) != 0)
            status = gt_fail(GT_ERR_IO, "%s: %m", to);
        if (from != NULL && status != GT_OK) unlink(from);
        free(part);
        free(from);
        free(to);
    }
    return status;
}
