/* `phigate-agent init` and `keys`: what they make is read by the agent's own reader and by ssh-keygen. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "command.h"
#include "config.h"
#include "file.h"

static char dir[64];

/* Run one command with both outputs into out; its exit status. */
static int command(struct buf *out, const struct command *c, const char *a, const char *b, const char *d, const char *e)
{
	char path[96], name[32];
	char *argv[] = {name, (char *)a, (char *)b, (char *)d, (char *)e, NULL};
	int argc = 1, status, fd, out_fd = dup(1), err_fd = dup(2);

	snprintf(name, sizeof name, "%s", c->name);
	while (argv[argc])
		argc++;
	snprintf(path, sizeof path, "%s/output", dir);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	fflush(stdout);
	dup2(fd, 1);
	dup2(fd, 2);
	status = c->run(argc, argv);
	fflush(stdout);
	dup2(out_fd, 1);
	dup2(err_fd, 2);
	close(fd);
	close(out_fd);
	close(err_fd);
	buf_clear(out);
	assert_int_equal(file_read(path, out, NULL), RC_OK);
	unlink(path);
	return status;
}

static int shell(const char *fmt, ...) PRINTF_LIKE(1, 2);

static int shell(const char *fmt, ...)
{
	char text[2048];
	va_list args;
	int at = snprintf(text, sizeof text, "cd %s && { ", dir);

	va_start(args, fmt);
	at += vsnprintf(text + at, sizeof text - (size_t)at, fmt, args);
	va_end(args);
	snprintf(text + at, sizeof text - (size_t)at, "; } >/dev/null 2>&1 </dev/null");
	return system(text);
}

static int setup(void **state)
{
	struct buf out;
	char made[96];
	int status;

	(void)state;
	strcpy(dir, "/tmp/phigate-init-XXXXXX");
	if (!mkdtemp(dir))
		return -1;
	buf_init(&out, 65536);
	snprintf(made, sizeof made, "%s/made", dir);
	status = command(&out, &cmd_init, made, NULL, NULL, NULL);
	if (status != EXIT_DONE)
		print_error("init: %s\n", out.data);
	buf_free(&out);
	return status;
}

static int teardown(void **state)
{
	(void)state;
	return shell("rm -rf %s", dir);
}

static void the_agent_reads_what_init_wrote(void **state)
{
	struct config *config;
	struct why why;
	char path[128];

	(void)state;
	snprintf(path, sizeof path, "%s/made/agent.yaml", dir);
	if (config_load(path, &config, &why) != RC_OK)
		fail_msg("%d:%d: %s", why.line, why.column, why.text);
	assert_string_equal(config->name, "gpu-1");
	snprintf(path, sizeof path, "%s/made/state", dir);
	assert_string_equal(config->state_dir, path);
	snprintf(path, sizeof path, "%s/%s.yaml", config->policies_dir, config->connections[0].policy);
	assert_int_equal(access(path, R_OK), 0);
	config_free(config);
}

static void keys_are_private_and_openssh_reads_them(void **state)
{
	static const char *const keys[] = {"ssh_host_ed25519_key", "signing_ed25519", "ledger_ed25519"};
	struct stat st;
	char path[160];

	(void)state;
	snprintf(path, sizeof path, "%s/made/state", dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	for (size_t i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "%s/made/state/keys/%s", dir, keys[i]);
		assert_int_equal(stat(path, &st), 0);
		assert_int_equal(st.st_mode & 0777, 0600);
		assert_int_equal(shell("ssh-keygen -y -f made/state/keys/%s >k && ssh-keygen -l -f k >a && ssh-keygen -l -f "
				       "made/state/keys/%s.pub >b && cut -d' ' -f1,2 a >a2 && cut -d' ' -f1,2 b | cmp - a2",
				       keys[i], keys[i]), 0);
	}
}

static void ssh_keygen_believes_a_signature_by_the_signing_key(void **state)
{
	(void)state;
	assert_int_equal(shell("echo sums >sums && ssh-keygen -q -Y sign -f made/state/keys/signing_ed25519 -n phigate-bundle-v1 sums && "
			       "ssh-keygen -Y verify -f made/allowed_signers -I gpu-1@phigate -n phigate-bundle-v1 -s sums.sig <sums"), 0);
	assert_int_not_equal(shell("rm -f sums.sig && ssh-keygen -q -Y sign -f made/state/keys/signing_ed25519 -n file sums && "
				   "ssh-keygen -Y verify -f made/allowed_signers -I gpu-1@phigate -n file -s sums.sig <sums"), 0);
}

static void client_yaml_pins_the_host_key(void **state)
{
	(void)state;
	assert_int_equal(shell("k=$(cut -d' ' -f1,2 made/state/keys/ssh_host_ed25519_key.pub) && grep -q \"host_key: $k\" made/client.yaml"), 0);
	assert_int_equal(shell("k=$(cut -d' ' -f1,2 made/state/keys/signing_ed25519.pub) && grep -q \"signing_key: $k\" made/client.yaml"), 0);
}

static void init_leaves_a_folder_with_something_in_it_alone(void **state)
{
	struct buf out;
	char path[96];

	(void)state;
	buf_init(&out, 65536);
	assert_int_equal(shell("cp -r made before"), 0);
	snprintf(path, sizeof path, "%s/made", dir);
	assert_int_equal(command(&out, &cmd_init, path, NULL, NULL, NULL), EXIT_FAILED);
	assert_non_null(strstr(out.data, "is not empty"));
	assert_int_equal(shell("diff -r made before"), 0);
	assert_int_equal(command(&out, &cmd_init, NULL, NULL, NULL, NULL), EXIT_USAGE);
	buf_free(&out);
}

static void rotating_keeps_the_old_signers_line_with_its_end(void **state)
{
	struct buf out;
	char path[96];

	(void)state;
	buf_init(&out, 65536);
	snprintf(path, sizeof path, "%s/made/agent.yaml", dir);
	assert_int_equal(command(&out, &cmd_keys, "--config", path, NULL, NULL), EXIT_DONE);
	assert_non_null(strstr(out.data, "\nhost_key: ssh-ed25519 AAAA"));
	assert_non_null(strstr(out.data, "\ngpu-1@phigate namespaces=\"phigate-bundle-v1,phigate-review-v1,phigate-evidence-v1\" ssh-ed25519 AAAA"));
	assert_int_equal(shell("cp made/state/keys/signing_ed25519.pub old.pub"), 0);
	assert_int_equal(command(&out, &cmd_keys, "--config", path, "--rotate", "signing"), EXIT_DONE);
	assert_int_not_equal(shell("cmp made/state/keys/signing_ed25519.pub old.pub"), 0);
	assert_non_null(strstr(out.data, "gpu-1@phigate namespaces=\"phigate-bundle-v1,phigate-review-v1,phigate-evidence-v1\",valid-before=\"20"));
	/* both lines, as printed, are allowed_signers for ssh-keygen */
	snprintf(path, sizeof path, "%s/signers", dir);
	assert_int_equal(file_write(path, buf_slice(&out), 0600, NULL), RC_OK);
	assert_int_equal(shell("grep @phigate signers >signers2 && test $(wc -l <signers2) = 2 && echo x >f && rm -f f.sig && ssh-keygen -q -Y "
			       "sign -f made/state/keys/signing_ed25519 -n phigate-bundle-v1 f && ssh-keygen -Y verify -f signers2 -I "
			       "gpu-1@phigate -n phigate-bundle-v1 -s f.sig <f"), 0);
	buf_free(&out);
}

static void a_running_agents_keys_are_not_rotated(void **state)
{
	struct sockaddr_un at = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct buf out;
	char path[96];

	(void)state;
	buf_init(&out, 65536);
	assert_int_equal(shell("mkdir made/state/run && cp made/state/keys/ssh_host_ed25519_key.pub host.pub"), 0);
	snprintf(at.sun_path, sizeof at.sun_path, "%s/made/state/run/authorize", dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&at, sizeof at), 0);
	assert_int_equal(listen(fd, 1), 0);
	snprintf(path, sizeof path, "%s/made/agent.yaml", dir);
	assert_int_equal(command(&out, &cmd_keys, "--config", path, "--rotate", "host"), EXIT_FAILED);
	assert_non_null(strstr(out.data, "stop it"));
	assert_int_equal(shell("cmp made/state/keys/ssh_host_ed25519_key.pub host.pub"), 0);
	close(fd);
	assert_int_equal(command(&out, &cmd_keys, "--config", path, "--rotate", "everything"), EXIT_USAGE);
	buf_free(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_agent_reads_what_init_wrote),
		cmocka_unit_test(keys_are_private_and_openssh_reads_them),
		cmocka_unit_test(ssh_keygen_believes_a_signature_by_the_signing_key),
		cmocka_unit_test(client_yaml_pins_the_host_key),
		cmocka_unit_test(init_leaves_a_folder_with_something_in_it_alone),
		cmocka_unit_test(rotating_keeps_the_old_signers_line_with_its_end),
		cmocka_unit_test(a_running_agents_keys_are_not_rotated),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
