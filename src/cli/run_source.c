/* Finds and loads the run that a command line names. */
#include "cli/run_source.h"

#include "cli/command.h"
#include "cli/run_folder.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool exists(const char *path) { return access(path, F_OK) == 0; }

static char *folder_of(const char *file) {
    const char *slash = strrchr(file, '/');
    return slash != NULL ? gt_cli_text("%.*s", (int)(slash - file + (slash == file)), file) : gt_cli_text(".");
}

int gt_run_source_locate(const char *before, const char *named, gt_run_source *out) {
    struct stat info;
    *out = (gt_run_source){0};
    if (stat(named, &info) == 0 && S_ISDIR(info.st_mode)) {
        out->folder = gt_cli_text("%s", named);
        for (size_t end = strlen(named); end > 1 && named[end - 1] == '/'; end--) out->folder[end - 1] = '\0';
        out->checkpoint = gt_cli_text("%s/%s", out->folder, GT_FILE_CHECKPOINT);
    } else {
        out->folder = folder_of(named);
        out->checkpoint = gt_cli_text("%s", named);
    }
    char *config = gt_cli_text("%s/%s", out->folder, GT_FILE_CONFIG);
    if (!exists(config)) {
        free(out->folder);
        out->folder = NULL;
    }
    free(config);
    if (exists(out->checkpoint)) return GT_EXIT_OK;
    return gt_cli_fail(GT_EXIT_FILE, "%s%s: there is no %s; name the folder of a run or a checkpoint file", before, named,
                       out->checkpoint);
}

int gt_run_source_check(const gt_run_source *source, const gt_trainer *trainer) {
    const size_t n_runs = gt_trainer_get_info(trainer).n_runs;
    if (n_runs == 1) return GT_EXIT_OK;
    return gt_cli_fail(GT_EXIT_USAGE, "%s: it holds %zu runs; this command takes a checkpoint of one", source->checkpoint,
                       n_runs);
}

int gt_run_source_open(const char *named, const gt_trainer_options *options, gt_run_source *out) {
    int code = gt_run_source_locate("", named, out);
    if (code != GT_EXIT_OK) return code;
    gt_status status = gt_trainer_load(out->checkpoint, options, &out->trainer);
    return status == GT_OK ? gt_run_source_check(out, out->trainer) : gt_cli_fail_status(status);
}

char *gt_run_source_name(const gt_run_source *source) {
    const char *path = source->folder != NULL ? source->folder : source->checkpoint, *slash = strrchr(path, '/');
    const char *last = slash != NULL ? slash + 1 : path;
    const char *dot = source->folder == NULL ? strrchr(last, '.') : NULL;
    return gt_cli_text("%.*s", dot != NULL && dot != last ? (int)(dot - last) : (int)strlen(last), last);
}

void gt_run_source_free(gt_run_source *source) {
    free(source->checkpoint);
    free(source->folder);
    gt_trainer_destroy(source->trainer);
    *source = (gt_run_source){0};
}
