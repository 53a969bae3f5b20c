/* Any bytes as the files of an evidence pack, each after the other: verified, and made into an index for people. Never a crash, never endless,
 * and nothing reaches a terminal or a browser that it would obey. */
#include <stdint.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include "dossier.h"
#include "pack.h"
#include "pieces.h"
#include "tarfile.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void index_of(const struct dossier *d, bool html)
{
	struct why why = {0};
	char *text = NULL;
	size_t n = 0;
	FILE *f = open_memstream(&text, &n);

	if (!f)
		abort();
	(void)!dossier_write(d, f, html, &why);
	fclose(f);
	check_shown((struct slice){text, n}, html ? "\n\t" : "\n");
	if (html && (strstr(text, "<script") || strstr(text, "<img")))
		abort();
	free(text);
}

static void verify(const char *path, const char *results)
{
	const struct bundle_trust trust = {0};
	struct page_checks checks = {0};
	struct pack_figures figures = {0};
	struct gathered gathered = {0};
	struct pack *pack = NULL;
	struct why why = {0};

	if (pack_open(path, true, &pack, &why) == RC_OK) {
		const struct dossier d = {.pack = pack, .figures = &figures, .gathered = &gathered, .checks = &checks, .results = results};

		(void)!pack_verify(pack, &trust, &figures, page_checks_add, &checks, &why);
		index_of(&d, false);
		index_of(&d, true);
	}
	page_checks_free(&checks);
	pack_free(pack);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	int fd = memfd_create("pack", MFD_CLOEXEC), results = memfd_create("results", MFD_CLOEXEC);
	struct slice in = {(const char *)data, size};
	char path[32], results_path[32];

	if (fd < 0 || results < 0)
		abort();
	for (int i = 0; i < PACK_FILES; i++) {
		struct slice text = piece(&in);

		if (tarfile_add(fd, pack_name((enum pack_file)i), 1, text) != RC_OK)
			abort();
		if (i == PACK_RESULTS && write(results, text.p, text.n) != (ssize_t)text.n)
			abort();
	}
	if (tarfile_end(fd) != RC_OK)
		abort();
	snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
	snprintf(results_path, sizeof results_path, "/proc/self/fd/%d", results);
	verify(path, results_path);
	close(fd);
	close(results);
	return 0;
}
