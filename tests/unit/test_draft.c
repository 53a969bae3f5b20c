/* Files that get their name once they are whole. */
#include <dirent.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "draft.h"

static char folder[64], path[80];

static int setup(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "%s/draft.XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
	if (!mkdtemp(folder))
		return -1;
	snprintf(path, sizeof path, "%s/page", folder);
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	unlink(path);
	return rmdir(folder);
}

static int files(void)
{
	DIR *d = opendir(folder);
	int n = -2;                                      /* . and .. */

	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

static void holds(const char *text)
{
	char got[64] = "";
	FILE *f = fopen(path, "r");

	assert_non_null(f);
	got[fread(got, 1, sizeof got - 1, f)] = 0;
	fclose(f);
	assert_string_equal(got, text);
}

/* writes text as a stream; the draft ends with rc */
static enum rc put(const char *text, enum rc end, struct why *why)
{
	struct draft d;
	FILE *f = NULL;
	bool there = access(path, F_OK) == 0;
	struct stat st;

	assert_int_equal(draft_begin(&d, path, why), RC_OK);
	assert_int_equal(fstat(d.fd, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(draft_stream(&d, &f, why), RC_OK);
	fputs(text, f);
	fflush(f);
	assert_int_equal(access(path, F_OK) == 0, there);
	return draft_end(&d, end, why);
}

static void whole_it_replaces_what_was_there(void **state)
{
	struct why why = {0};

	(void)state;
	assert_int_equal(put("one", RC_OK, &why), RC_OK);
	holds("one");
	assert_int_equal(put("two", RC_OK, &why), RC_OK);
	holds("two");
	assert_int_equal(files(), 1);
}

static void failed_it_leaves_what_was_there(void **state)
{
	struct why why = {0};

	(void)state;
	assert_int_equal(put("one", RC_OK, &why), RC_OK);
	assert_int_equal(put("half", RC_DENIED, &why), RC_DENIED);
	holds("one");
	assert_int_equal(files(), 1);
}

/* what is still in the stream's buffer when the draft ends counts, too */
static void a_full_disk_is_an_error_and_leaves_nothing(void **state)
{
	struct rlimit old, small;
	struct why why = {0};
	struct draft d;
	FILE *f = NULL;
	enum rc rc;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small = old;
	small.rlim_cur = 4;
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(draft_begin(&d, path, &why), RC_OK);
	assert_int_equal(draft_stream(&d, &f, &why), RC_OK);
	fputs("more than that", f);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	rc = draft_end(&d, RC_OK, &why);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
	signal(SIGXFSZ, SIG_DFL);
	assert_int_equal(rc, RC_IO);
	assert_non_null(strstr(why.text, path));
	assert_int_equal(files(), 0);
}

static void where_nothing_can_be_written_it_says_so(void **state)
{
	char nowhere[128];
	struct why why = {0};
	struct draft d;
	enum rc rc;

	(void)state;
	snprintf(nowhere, sizeof nowhere, "%s/none/page", folder);
	rc = draft_begin(&d, nowhere, &why);
	assert_int_equal(rc, RC_IO);
	assert_non_null(strstr(why.text, "cannot write here"));
	assert_int_equal(draft_end(&d, rc, &why), RC_IO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(whole_it_replaces_what_was_there, setup, teardown),
		cmocka_unit_test_setup_teardown(failed_it_leaves_what_was_there, setup, teardown),
		cmocka_unit_test_setup_teardown(a_full_disk_is_an_error_and_leaves_nothing, setup, teardown),
		cmocka_unit_test_setup_teardown(where_nothing_can_be_written_it_says_so, setup, teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
