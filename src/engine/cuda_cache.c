/* The cache of compiled kernels. An entry is a header and the data; the header tells damage, a truncated entry and one that was
 * copied to another name, but is no protection against somebody who may write to the folder. */
#define _XOPEN_SOURCE 700
#include "engine/cuda_cache.h"

#include "core/digest.h"
#include "core/status.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_ENTRY_BYTES ((size_t)256 << 20)

enum { DIGITS = GT_DIGEST_CHARS - 1 };

typedef struct {
    char magic[8];
    char key[DIGITS];
    char digest[DIGITS]; /* of the data */
    uint64_t size;       /* of the data */
} entry_header;
_Static_assert(sizeof(entry_header) == 80, "the header of a cache entry has no gaps");

static const char magic[8] = "GTCUBIN1";

/* The path of an entry, which the caller frees, or NULL: no folder, no memory. */
static char *entry_path(const char *key) {
    const char *folder = getenv("XDG_CACHE_HOME"), *below = "";
    if (folder == NULL || folder[0] != '/') { /* the XDG base directory specification ignores relative ones */
        folder = getenv("HOME");
        below = "/.cache";
    }
    if (folder == NULL || folder[0] != '/') return NULL;
    const size_t size = strlen(folder) + DIGITS + 64;
    char *path = malloc(size);
    if (path != NULL) snprintf(path, size, "%s%s/gantry/kernels/%s.cubin", folder, below, key);
    return path;
}

/* Where that fails, writing to the path fails as well. */
static void make_folders(char *path) {
    for (char *slash = strchr(path + 1, '/'); slash != NULL; slash = strchr(slash + 1, '/')) {
        *slash = '\0';
        mkdir(path, 0700);
        *slash = '/';
    }
}

static bool is_intact(const char *bytes, size_t size, const char *key) {
    entry_header header;
    char digest[GT_DIGEST_CHARS];
    if (size < sizeof header) return false;
    memcpy(&header, bytes, sizeof header);
    if (memcmp(header.magic, magic, sizeof magic) != 0 || memcmp(header.key, key, DIGITS) != 0) return false;
    if (header.size == 0 || header.size != size - sizeof header) return false;
    gt_digest_parts(&(gt_file_part){.data = bytes + sizeof header, .size = size - sizeof header}, 1, digest);
    return memcmp(header.digest, digest, DIGITS) == 0;
}

/* The last error of this thread, to be put back after failures that nobody hears of. */
typedef struct {
    char line[512];
} kept_error;

static kept_error keep_error(void) {
    kept_error kept;
    snprintf(kept.line, sizeof kept.line, "%s", gt_last_error());
    return kept;
}

static void restore_error(const kept_error *kept) { gt_fail(GT_OK, "%s", kept->line); }

bool gt_cuda_cache_get(const char key[GT_DIGEST_CHARS], void **out, size_t *size) {
    const kept_error kept = keep_error();
    char *path = entry_path(key), *bytes = NULL;
    size_t n = 0;
    bool found = path != NULL && gt_file_read(path, MAX_ENTRY_BYTES, &bytes, &n) == GT_OK && is_intact(bytes, n, key);
    if (found) {
        *size = n - sizeof(entry_header);
        memmove(bytes, bytes + sizeof(entry_header), *size);
        *out = bytes;
    } else {
        free(bytes);
    }
    free(path);
    restore_error(&kept);
    return found;
}

void gt_cuda_cache_put(const char key[GT_DIGEST_CHARS], const void *data, size_t size) {
    const kept_error kept = keep_error();
    char *path = entry_path(key);
    if (path != NULL) {
        entry_header header = {.size = size};
        char digest[GT_DIGEST_CHARS];
        gt_digest_parts(&(gt_file_part){.data = data, .size = size}, 1, digest);
        memcpy(header.magic, magic, sizeof magic);
        memcpy(header.key, key, DIGITS);
        memcpy(header.digest, digest, DIGITS);
        make_folders(path);
        gt_file_write_parts(path, (gt_file_part[]){{&header, sizeof header}, {data, size}}, 2);
    }
    free(path);
    restore_error(&kept);
}
