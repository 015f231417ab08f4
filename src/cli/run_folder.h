/* private to the CLI. The folder that a run writes its files into. */
#ifndef GT_CLI_RUN_FOLDER_H
#define GT_CLI_RUN_FOLDER_H

#include <stdbool.h>
#include <stddef.h>

#define GT_FILE_CONFIG        "config.yaml"
#define GT_FILE_METRICS       "metrics.csv"
#define GT_FILE_POINTS        "points.csv"
#define GT_FILE_CHECKPOINT    "checkpoint.safetensors"
#define GT_FILE_GENERATOR     "generator.safetensors"
#define GT_FILE_DISCRIMINATOR "discriminator.safetensors"
#define GT_FILE_DATA          "data.npy" /* of a replay: the points that are learned */
#define GT_FILE_IMAGE_SCORES  "image-scores.csv"
#define GT_FILE_ANIMATION     "training.gif" /* of a replay */

typedef struct gt_run_folder {
    char *path;
    size_t kept; /* length of the part of path that was there before; the rest was created */
} gt_run_folder;

/* Creates the folder and its parents: the one that the user named (an existing one needs force), or else default_path, with a
 * number behind it if that exists. Returns an exit code, the error printed. */
int gt_run_folder_create(const char *named, const char *default_path, bool force, gt_run_folder *out);

/* The folder of a run that goes on. */
void gt_run_folder_reopen(const char *path, gt_run_folder *out);

/* Whether path is the same folder, by whatever name. */
bool gt_run_folder_is(const gt_run_folder *folder, const char *path);

/* Path of a file in it; the caller frees. */
char *gt_run_folder_file(const gt_run_folder *folder, const char *name);

/* Removes a file of it, where there is one. */
void gt_run_folder_remove(const gt_run_folder *folder, const char *name);

/* Removes pictures and weights that an earlier run left in it. */
void gt_run_folder_clear(const gt_run_folder *folder);

/* After a run that came to nothing: removes what was created, and leaves what was there before. */
void gt_run_folder_discard(const gt_run_folder *folder);

void gt_run_folder_free(gt_run_folder *folder);

#endif
