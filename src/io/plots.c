/* Scatter pictures: one generated gnuplot script, with its data inline, fed to one gnuplot through a pipe. gnuplot draws under
 * temporary names; the pictures are renamed when all are whole. */
#define _GNU_SOURCE /* posix_spawn_file_actions_addchdir_np */
#include "io/plots.h"

#include "core/status.h"
#include "io/number.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <math.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* ---------------------------------------------------------------- axes */

typedef struct {
    double lo, hi;
} range;

typedef struct {
    range x, y;
} view;

/* The range that shows wanted and every value up to the limit, with a margin. */
typedef struct {
    range shown, limit;
} growing_range;

static growing_range range_around(double lo, double hi) {
    double size = hi > lo ? hi - lo : 1;
    return (growing_range){{lo, hi}, {lo - size, hi + size}};
}

static void grow(growing_range *r, double value) {
    if (value < r->shown.lo) r->shown.lo = fmax(value, r->limit.lo);
    if (value > r->shown.hi) r->shown.hi = fmin(value, r->limit.hi);
}

static range with_margin(range r) {
    double margin = 0.06 * (r.hi - r.lo);
    return (range){r.lo - margin, r.hi + margin};
}

/* The axes of all pictures: the target's curve and every point near it. */
static view view_of(const gt_target_spec *target, const gt_picture *pictures, size_t n_pictures) {
    double y_lo = target->lo * target->lo, y_hi = target->hi * target->hi;
    double y_min = target->lo <= 0 && target->hi >= 0 ? 0 : fmin(y_lo, y_hi);
    growing_range x = range_around(target->lo, target->hi), y = range_around(y_min, fmax(y_lo, y_hi));
    for (size_t p = 0; p < n_pictures; p++)
        for (size_t i = 0; i < pictures[p].n_points; i++) {
            grow(&x, pictures[p].points[i].generated[0]);
            grow(&y, pictures[p].points[i].generated[1]);
        }
    return (view){with_margin(x.shown), with_margin(y.shown)};
}

static bool inside(const view *v, const float point[2]) {
    return point[0] >= v->x.lo && point[0] <= v->x.hi && point[1] >= v->y.lo && point[1] <= v->y.hi;
}

/* ---------------------------------------------------------------- the script */

static void part_name(uint64_t iteration, char name[GT_PICTURE_NAME_CHARS]) {
    snprintf(name, GT_PICTURE_NAME_CHARS, ".generated_plot_e%03" PRIu64 ".png.part", iteration);
}

char *gt_picture_name(uint64_t iteration, char name[GT_PICTURE_NAME_CHARS]) {
    snprintf(name, GT_PICTURE_NAME_CHARS, "generated_plot_e%03" PRIu64 ".png", iteration);
    return name;
}

static double clamp(double value, range r) { return fmin(fmax(value, r.lo), r.hi); }

typedef enum { REAL, GENERATED, OUTSIDE } series;

/* A data block of one series; returns its number of points. A value that is not finite has no place in a picture. */
static size_t write_points(FILE *script, const view *v, const gt_picture *picture, series which) {
    static const char *const names[] = {"real", "generated", "outside"};
    size_t n = 0;
    fprintf(script, "$%s << END\n", names[which]);
    for (size_t i = 0; i < picture->n_points; i++) {
        const float *point = which == REAL ? picture->points[i].real : picture->points[i].generated;
        if (isnan(point[0]) || isnan(point[1]) || inside(v, point) == (which == OUTSIDE)) continue;
        fprintf(script, "%.9g %.9g\n", clamp(point[0], v->x), clamp(point[1], v->y));
        n++;
    }
    fputs("END\n", script);
    return n;
}

static void write_picture(FILE *script, const view *v, const gt_picture *picture) {
    char name[GT_PICTURE_NAME_CHARS], acc_real[GT_NUMBER_CHARS], acc_fake[GT_NUMBER_CHARS];
    part_name(picture->iteration, name);
    write_points(script, v, picture, REAL);
    size_t n_generated = write_points(script, v, picture, GENERATED), n_outside = write_points(script, v, picture, OUTSIDE);

    fprintf(script, "set output '%s'\n", name);
    fprintf(script, "set title 'after %" PRIu64 " iterations; accuracy: real %s, generated %s'\n", picture->iteration,
            gt_number_format_repr(picture->acc_real, acc_real), gt_number_format_repr(picture->acc_fake, acc_fake));
    fputs("plot $real with points pt 7 ps 1.1 lc rgb '#30ff0000' title 'real', ", script);
    /* 1/0 is gnuplot's undefined: the legend keeps its line when there is nothing to draw. */
    fputs(n_generated > 0 ? "$generated" : "1/0", script);
    fputs(" with points pt 7 ps 1.1 lc rgb '#300000ff' title 'generated'", script);
    if (n_outside > 0) fprintf(script, ", $outside with points pt 9 ps 1.6 lc rgb '#300000ff' title 'outside: %zu'", n_outside);
    fputs("\nunset output\n", script);
}

static void write_script(FILE *script, const gt_target_spec *target, const gt_picture *pictures, size_t n_pictures) {
    view v = view_of(target, pictures, n_pictures);
    fputs("set terminal pngcairo size 800,600 noenhanced font 'sans,12'\n"
          "set margins screen 0.11, screen 0.97, screen 0.17, screen 0.92\n" /* the same frame in each picture */
          "set xlabel 'x'\nset ylabel 'y'\nset grid lt 1 lc rgb '#e4e4e4'\nset key at screen 0.54, 0.05 center horizontal\n",
          script);
    fprintf(script, "set xrange [%.9g:%.9g]\nset yrange [%.9g:%.9g]\n", v.x.lo, v.x.hi, v.y.lo, v.y.hi);
    for (size_t p = 0; p < n_pictures; p++) write_picture(script, &v, &pictures[p]);
}

/* ---------------------------------------------------------------- the process */

/* Starts gnuplot in folder with stdin from a pipe, stdout thrown away and stderr into errors (NULL: thrown away). It gets its
 * own process group, so that an interrupt from the keyboard lets it finish what it has. */
static gt_status start_gnuplot(const char *folder, char *const argv[], FILE *errors, pid_t *pid, FILE **input) {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) != 0) return gt_fail(GT_ERR_IO, "gnuplot: no pipe: %m");
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
    return gt_fail(GT_ERR_IO, "gnuplot doesn't start: %s", strerror(error));
}

/* Waits; true if it ended well. */
static bool end_well(pid_t pid) {
    int status;
    while (waitpid(pid, &status, 0) < 0)
        if (errno != EINTR) return false;
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

bool gt_plots_available(void) {
    char *argv[] = {"gnuplot", "--version", NULL};
    pid_t pid;
    FILE *input;
    if (start_gnuplot(".", argv, NULL, &pid, &input) != GT_OK) return false;
    fclose(input);
    return end_well(pid);
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

/* ---------------------------------------------------------------- the files */

static char *join(const char *folder, const char *name) {
    char *path = NULL;
    return asprintf(&path, "%s/%s", folder, name) >= 0 ? path : NULL;
}

/* gnuplot doesn't notice a full disk, but a PNG says where it ends. */
static bool png_is_whole(const char *path) {
    static const char end[] = "IEND\xae\x42\x60\x82";
    char tail[sizeof end - 1];
    FILE *file = fopen(path, "rb");
    if (file == NULL) return false;
    bool whole = fseek(file, -(long)sizeof tail, SEEK_END) == 0 && fread(tail, sizeof tail, 1, file) == 1 &&
                 memcmp(tail, end, sizeof tail) == 0;
    fclose(file);
    return whole;
}

static gt_status publish(const char *folder, const gt_picture *pictures, size_t n_pictures, bool keep) {
    gt_status status = GT_OK;
    for (size_t p = 0; p < n_pictures; p++) {
        char part[GT_PICTURE_NAME_CHARS], name[GT_PICTURE_NAME_CHARS];
        part_name(pictures[p].iteration, part);
        char *from = join(folder, part), *to = join(folder, gt_picture_name(pictures[p].iteration, name));
        if (from == NULL || to == NULL)
            status = gt_fail(GT_ERR_MEMORY, "%s: out of memory", folder);
        else if (keep && status == GT_OK && !png_is_whole(from))
            status = gt_fail(GT_ERR_IO, "%s: gnuplot couldn't write it whole; is the disk full?", to);
        else if (keep && status == GT_OK && rename(from, to) != 0)
            status = gt_fail(GT_ERR_IO, "%s: %m", to);
        if (from != NULL && (!keep || status != GT_OK)) unlink(from);
        free(from);
        free(to);
    }
    return status;
}

gt_status gt_plots_draw(const char *folder, const gt_target_spec *target, const gt_picture *pictures, size_t n_pictures) {
    if (n_pictures == 0) return GT_OK;
    FILE *errors = tmpfile();
    if (errors == NULL) return gt_fail(GT_ERR_IO, "gnuplot: no temporary file: %m");
    char *argv[] = {"gnuplot", "--default-settings", "-", NULL}; /* a user's own gnuplot settings would change the pictures */
    pid_t pid;
    FILE *input;
    gt_status status = start_gnuplot(folder, argv, errors, &pid, &input);
    if (status == GT_OK) {
        write_script(input, target, pictures, n_pictures);
        bool written = fclose(input) == 0;
        if (!end_well(pid) || !written) {
            char words[200];
            last_words(errors, words, sizeof words);
            status = gt_fail(GT_ERR_IO, "gnuplot failed (%s), so there are no pictures; the other files are whole", words);
        }
        if (status == GT_OK)
            status = publish(folder, pictures, n_pictures, true);
        else
            publish(folder, pictures, n_pictures, false);
    }
    fclose(errors);
    return status;
}
