/* phigate-agent prune: remove the agent's own copies of bundles that are archived, and have been here for long enough. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "command.h"
#include "encode.h"
#include "file.h"
#include "log.h"
#include "receipt.h"
#include "sink_notes.h"

struct prune {
	const struct config *config;
	char *bundles_dir;
	bool dry_run;
	int64_t keep_s, now_s;
	atomic_bool cancel;                      /* stays false: the archive asks */
	size_t removed, kept, failed;
};

/* Is it in every place that agent.yaml names now, and is what is there what is here? */
static enum rc is_archived(struct prune *p, const struct archive_item *item, const struct receipt *receipt, struct why *why)
{
	char hex[SHA256_HEX];
	enum rc rc = RC_OK;

	hex_encode(item->sha256, SHA256_LEN, hex);
	if (strcmp(hex, receipt->sha256) != 0)
		return why_set(why, RC_CONFLICT, "it has changed since it was archived");
	for (int kind = 0; kind < ARCHIVE_KINDS && rc == RC_OK; kind++)
		if (archive_has(&p->config->archive, kind))
			rc = archive_confirm(&p->config->archive, kind, item, &p->cancel, why);
	return rc;
}

static void prune_part(struct prune *p, const char *session, int part)
{
	struct archive_item item = {.session = session, .part = part};
	struct receipt receipt;
	struct why why = {0};
	char path[PATH_MAX];
	struct stat st;
	enum rc rc = receipt_read(p->bundles_dir, session, part, &receipt);

	snprintf(path, sizeof path, "%s/%s/%d.tar", p->bundles_dir, session, part);
	item.fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	if (rc != RC_OK || item.fd < 0 || fstat(item.fd, &st) != 0 || st.st_mtim.tv_sec + p->keep_s > p->now_s) {
		p->kept++;                               /* not archived, or not for long enough */
		goto out;
	}
	item.bytes = (uint64_t)st.st_size;
	item.retain_until_s = receipt.retain_until_s;
	rc = sha256_file(item.fd, item.sha256);
	if (rc == RC_OK)
		rc = is_archived(p, &item, &receipt, &why);
	if (rc == RC_OK && !p->dry_run && unlink(path) != 0)
		rc = why_set(&why, RC_IO, "%s", strerror(errno));
	if (rc != RC_OK) {
		p->failed++;
		fprintf(stderr, "phigate-agent: %s part %d stays: %s\n", session, part, why.text);
		goto out;
	}
	p->removed++;
	printf("%s\t%d\t%llu\t%s\n", session, part, (unsigned long long)item.bytes, receipt.sha256);
	if (p->dry_run)
		goto out;
	log_info("pruned", L_TEXT("session", session), L_NUM("part", part), L_NUM("bytes", item.bytes), L_TEXT("sha256", receipt.sha256));
	if (p->config->n_sinks && sink_note_pruned(p->config->state_dir, session, part, receipt.sha256, &why) != RC_OK) {
		p->failed++;
		fprintf(stderr, "phigate-agent: %s part %d is removed, and nobody will be told: %s\n", session, part, why.text);
	}
out:
	receipt_free(&receipt);
	if (item.fd >= 0)
		close(item.fd);
}

static void prune_session(struct prune *p, const char *session)
{
	char path[PATH_MAX], again[32];
	struct dirent *e;
	DIR *dir;

	snprintf(path, sizeof path, "%s/%s", p->bundles_dir, session);
	dir = opendir(path);
	while (dir && (e = readdir(dir))) {
		int part = atoi(e->d_name);

		snprintf(again, sizeof again, "%d.tar", part);
		if (part > 0 && strcmp(again, e->d_name) == 0)
			prune_part(p, session, part);
	}
	if (dir)
		closedir(dir);
}

static int prune_all(struct prune *p)
{
	DIR *dir = opendir(p->bundles_dir);
	struct dirent *e;
	struct why why;

	if (!dir)
		return command_failed(why_set(&why, RC_IO, "%s: %s; run this as the agent's user or as root", p->bundles_dir, strerror(errno)), &why);
	while ((e = readdir(dir)))
		if (e->d_name[0] != '.')
			prune_session(p, e->d_name);
	closedir(dir);
	fprintf(stderr, "phigate-agent: %zu %s, %zu kept, %zu not confirmed in the archive\n", p->removed, p->dry_run ? "would be removed" : "removed",
		p->kept, p->failed);
	return p->failed ? EXIT_FAILED : EXIT_DONE;
}

static int run(int argc, char **argv)
{
	const char *path = COMMAND_CONFIG_DEFAULT;
	struct config *config = NULL;
	struct why why = {0};
	struct prune p = {.now_s = clock_wall_s()};
	int status;

	p.dry_run = command_flag(&argc, argv, "--dry-run");
	if (command_option(&argc, argv, "--config", &path) != RC_OK || argc > 1)
		return command_usage(&cmd_prune, argc > 1 ? "takes no argument but --config and --dry-run" : "--config needs a file");
	if (config_load(path, &config, &why) != RC_OK)
		return command_failed(RC_BAD, &why);
	p.config = config;
	p.keep_s = (config->archive.keep_ns ? config->archive.keep_ns : config->recording.retention) / NS_PER_S;
	p.bundles_dir = path_join(config->state_dir, "bundles");
	if (!archive_has(&config->archive, ARCHIVE_FOLDER) && !archive_has(&config->archive, ARCHIVE_S3))
		status = command_failed(why_set(&why, RC_BAD, "%s names no archive, so nothing may be removed", path), &why);
	else
		status = p.bundles_dir ? prune_all(&p) : EXIT_FAILED;
	free(p.bundles_dir);
	config_free(config);
	return status;
}

const struct command cmd_prune = {
	.name = "prune", .args = "[--config FILE] [--dry-run]",
	.help = "remove own copies of bundles that are archived and old enough", .run = run,
};
