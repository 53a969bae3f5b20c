/* A page is shown by the desktop's own opener, which gets the address as it is: no shell reads it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "browser.h"
#include "file.h"

static char dir[64], opener[96], told[96];

/* An opener that tells its arguments, its process group, and whether it ignores SIGPIPE. */
static int setup(void **state)
{
	char script[512], path[4096];

	(void)state;
	strcpy(dir, "/tmp/test_browser.XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	snprintf(opener, sizeof opener, "%s/xdg-open", dir);
	snprintf(told, sizeof told, "%s/told", dir);
	snprintf(script, sizeof script, "#!/bin/sh\n{ printf '%%s\\n' \"$#\" \"$1\"; [ \"$(ps -o pgid= -p $$ | tr -d ' ')\" = $$ ] && echo own || echo shared\n"
		 "sed -n 's/^SigIgn:.*\\(....\\)$/\\1/p' /proc/$$/status; } > %s\n", told);
	snprintf(path, sizeof path, "%s:%s", dir, getenv("PATH"));
	setenv("PATH", path, 1);
	return mkfifo(told, 0600) != 0 || file_write(opener, slice_str(script), 0700, NULL) != RC_OK;
}

static int teardown(void **state)
{
	(void)state;
	unlink(opener);
	unlink(told);
	return rmdir(dir);
}

static void the_address_is_one_argument_whatever_is_in_it(void **state)
{
	static const char url[] = "https://idp.example.org/device?user_code=A-1&x=$(echo${IFS}y);`id`|'\"";
	char text[1024] = "", want[256], ignored[8] = "";
	unsigned long signals;
	FILE *f;
	size_t n;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	browser_open(url);
	f = fopen(told, "re");                           /* waits for the opener */
	assert_non_null(f);
	n = fread(text, 1, sizeof text - 1, f);
	fclose(f);
	assert_true(n > 0);
	snprintf(want, sizeof want, "1\n%s\nown\n", url);
	assert_memory_equal(text, want, strlen(want));
	memcpy(ignored, text + strlen(want), 4);
	signals = strtoul(ignored, NULL, 16);
	assert_int_equal(signals & 1UL << (SIGPIPE - 1), 0);
	wait(NULL);
}

static void without_a_display_there_is_no_browser(void **state)
{
	(void)state;
	unsetenv("DISPLAY");
	unsetenv("WAYLAND_DISPLAY");
	assert_false(browser_there());
	setenv("DISPLAY", "", 1);
	assert_false(browser_there());
	setenv("WAYLAND_DISPLAY", "wayland-0", 1);
	assert_true(browser_there());
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(the_address_is_one_argument_whatever_is_in_it, setup, teardown),
		cmocka_unit_test(without_a_display_there_is_no_browser),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
