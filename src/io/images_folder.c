/* Folders of PNG files. */
#define _XOPEN_SOURCE 700
#include "io/images.h"

#include "core/status.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

/* ---------------------------------------------------------------- names */

typedef struct {
    char **names; /* sorted as bytes; owned */
    size_t n;
} list;

static void list_free(list *l) {
    for (size_t i = 0; i < l->n; i++) free(l->names[i]);
    free(l->names);
    *l = (list){0};
}

static gt_status no_memory(const char *path) { return gt_fail(GT_ERR_MEMORY, "no memory for the images of %s", path); }

/* "a/b"; the caller frees. NULL: no memory. */
static char *join(const char *a, const char *b) {
    const size_t size = strlen(a) + strlen(b) + 2;
    char *path = malloc(size);
    if (path != NULL) snprintf(path, size, "%s/%s", a, b);
    return path;
}

static int compare(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static bool is_png(const char *name) {
    const size_t length = strlen(name);
    return length > 4 && strcasecmp(name + length - 4, ".png") == 0;
}

static bool is_folder(const char *path) {
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static gt_status append(list *l, const char *folder, const char *name) {
    if ((l->n & (l->n + 1)) == 0) { /* 0, 1, 3, 7, ...: room for twice as many and one */
        char **names = realloc(l->names, (2 * l->n + 1) * sizeof *names);
        if (names == NULL) return no_memory(folder);
        l->names = names;
    }
    if ((l->names[l->n] = strdup(name)) == NULL) return no_memory(folder);
    l->n++;
    return GT_OK;
}

/* What of an open folder counts: its PNG files, and its folders. */
static gt_status sort_entries(const char *folder, DIR *entries, list *pngs, list *folders) {
    errno = 0;
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL; errno = 0) {
        if (entry->d_name[0] == '.') continue;
        char *path = join(folder, entry->d_name);
        if (path == NULL) return no_memory(folder);
        list *its = is_folder(path) ? folders : is_png(entry->d_name) ? pngs : NULL;
        free(path);
        if (its != NULL) GT_TRY(append(its, folder, entry->d_name));
    }
    if (errno != 0) return gt_fail(GT_ERR_FILE, "can't read %s: %s", folder, strerror(errno));
    if (pngs->n > 0) qsort(pngs->names, pngs->n, sizeof *pngs->names, compare);
    if (folders->n > 0) qsort(folders->names, folders->n, sizeof *folders->names, compare);
    return GT_OK;
}

static gt_status list_folder(const char *folder, list *pngs, list *folders) {
    DIR *entries = opendir(folder);
    if (entries == NULL) return gt_fail(GT_ERR_FILE, "can't read %s: %s", folder, strerror(errno));
    const gt_status status = sort_entries(folder, entries, pngs, folders);
    closedir(entries);
    return status;
}

/* ---------------------------------------------------------------- images */

/* The images so far, with room for more. */
typedef struct {
    const char *folder; /* for the line */
    char *first_path;   /* the image that decides on the size; owned */
    gt_images *images;
    size_t room, bytes; /* images; of one */
} collection;

static const char *colours(int channels) { return channels == 1 ? "grey" : "in colour"; }

static gt_status make_room(collection *c) {
    gt_images *images = c->images;
    if (images->n < c->room) return GT_OK;
    const size_t room = 2 * c->room + 64;
    if (room > GT_IMAGES_MAX_BYTES / c->bytes)
        return gt_fail(GT_ERR_FILE, "%s has too many images: it takes up to %zu values in all", c->folder, GT_IMAGES_MAX_BYTES);
    unsigned char *pixels = realloc(images->pixels, room * c->bytes);
    if (pixels == NULL) return no_memory(c->folder);
    images->pixels = pixels;
    unsigned char *labels = realloc(images->labels, room);
    if (labels == NULL) return no_memory(c->folder);
    images->labels = labels;
    c->room = room;
    return GT_OK;
}

static gt_status begin(collection *c, const char *path, const gt_png *png) {
    GT_TRY(gt_images_allocate(path, 1, (uint64_t)png->height, (uint64_t)png->width, (uint64_t)png->channels, c->images));
    c->images->n = 0;
    c->bytes = (size_t)png->height * (size_t)png->width * (size_t)png->channels;
    c->first_path = strdup(path);
    return c->first_path != NULL ? GT_OK : no_memory(c->folder);
}

static gt_status add(collection *c, const char *path, const gt_png *png, int label) {
    gt_images *images = c->images;
    if (c->first_path == NULL) GT_TRY(begin(c, path, png));
    if (png->height != images->height || png->width != images->width)
        return gt_fail(GT_ERR_FILE, "%s has %d x %d pixels, but %s has %d x %d; make all of one size", path, png->height,
                       png->width, c->first_path, images->height, images->width);
    if (png->channels != images->channels)
        return gt_fail(GT_ERR_FILE, "%s is %s, but %s is %s; make all alike", path, colours(png->channels), c->first_path,
                       colours(images->channels));
    GT_TRY(make_room(c));
    memcpy(images->pixels + images->n * c->bytes, png->pixels, c->bytes);
    images->labels[images->n++] = (unsigned char)label;
    return GT_OK;
}

static gt_status add_file(collection *c, const char *folder, const char *name, int label) {
    char *path = join(folder, name);
    if (path == NULL) return no_memory(folder);
    gt_png png = {0};
    gt_status status = gt_png_read(path, &png);
    if (status == GT_OK) status = add(c, path, &png, label);
    free(png.pixels);
    free(path);
    return status;
}

static gt_status add_files(collection *c, const char *folder, const list *pngs, int label) {
    for (size_t i = 0; i < pngs->n; i++) GT_TRY(add_file(c, folder, pngs->names[i], label));
    return GT_OK;
}

/* ---------------------------------------------------------------- folders */

static gt_status add_class(collection *c, const char *folder, int label) {
    list pngs = {0}, folders = {0};
    gt_status status = list_folder(folder, &pngs, &folders);
    if (status == GT_OK && pngs.n == 0)
        status = gt_fail(GT_ERR_FILE, "%s has no PNG files; remove it, or give the class some", folder);
    if (status == GT_OK) status = add_files(c, folder, &pngs, label);
    list_free(&pngs);
    list_free(&folders);
    return status;
}

static gt_status add_classes(collection *c, const list *folders) {
    if (folders->n > GT_IMAGES_MAX_CLASSES)
        return gt_fail(GT_ERR_FILE, "%s has %zu folders of classes; it takes up to %d", c->folder, folders->n,
                       GT_IMAGES_MAX_CLASSES);
    for (size_t k = 0; k < folders->n; k++) {
        char *path = join(c->folder, folders->names[k]);
        if (path == NULL) return no_memory(c->folder);
        const gt_status status = add_class(c, path, (int)k);
        free(path);
        if (status != GT_OK) return status;
    }
    return GT_OK;
}

/* A class has the same number in both parts only if both have the same folders. */
static gt_status check_parts(const char *train, const char *test) {
    list pngs = {0}, in_train = {0}, in_test = {0};
    gt_status status = list_folder(train, &pngs, &in_train);
    if (status == GT_OK) status = list_folder(test, &pngs, &in_test);
    bool same = in_train.n == in_test.n;
    for (size_t k = 0; same && k < in_train.n; k++) same = strcmp(in_train.names[k], in_test.names[k]) == 0;
    if (status == GT_OK && !same)
        status = gt_fail(GT_ERR_FILE, "%s and %s have not the same folders of classes; give both all of them", train, test);
    list_free(&pngs);
    list_free(&in_train);
    list_free(&in_test);
    return status;
}

/* The part of a folder that has both. */
static gt_status read_part(const char *folder, gt_images_part part, gt_images *out) {
    char *train = join(folder, "train"), *test = join(folder, "test");
    gt_status status = train != NULL && test != NULL ? check_parts(train, test) : no_memory(folder);
    if (status == GT_OK) status = gt_images_read_pngs(part == GT_IMAGES_TRAIN ? train : test, part, out);
    free(train);
    free(test);
    return status;
}

static bool has(const list *l, const char *name) {
    return l->n > 0 && bsearch(&name, l->names, l->n, sizeof *l->names, compare) != NULL;
}

static gt_status read_lists(const char *folder, gt_images_part part, const list *pngs, const list *folders, gt_images *out) {
    if (pngs->n == 0 && has(folders, "train") && has(folders, "test")) return read_part(folder, part, out);
    if (pngs->n == 0 && folders->n == 0)
        return gt_fail(GT_ERR_FILE, "%s has no images: neither PNG files nor train-images-idx3-ubyte", folder);
    if (pngs->n > 0 && folders->n > 0)
        return gt_fail(GT_ERR_FILE, "%s has both PNG files and folders (%s); it takes images, or a folder for each class",
                       folder, folders->names[0]);
    collection c = {.folder = folder, .images = out};
    const gt_status status = pngs->n > 0 ? add_files(&c, folder, pngs, 0) : add_classes(&c, folders);
    free(c.first_path);
    out->n_classes = (int)folders->n;
    if (pngs->n > 0) {
        free(out->labels);
        out->labels = NULL;
    }
    return status;
}

gt_status gt_images_read_pngs(const char *folder, gt_images_part part, gt_images *out) {
    list pngs = {0}, folders = {0};
    gt_status status = list_folder(folder, &pngs, &folders);
    if (status == GT_OK) status = read_lists(folder, part, &pngs, &folders, out);
    list_free(&pngs);
    list_free(&folders);
    return status;
}
