/* What it costs to seal, verify and look into a large recording, against stock tools on the same bytes in the same minute.
 * Usage: evidence FOLDER PHIGATE [MIB], on the disk that counts; prints
 *   {"mib","record_s","seal_s","tar_s","verify_s","sha256sum_s","seek_ms","tar_seek_ms","verify_kib","small_kib","sealed":{"mib","verify_s","age_s"},
 *    "exchange":{"batched_us","strict_us","kib"}}
 * where seal_s is from the last record to the bundle in its place, tar_s is `sha256sum` and `tar` of its members, seek_ms an exchange near the
 * end, read from a bundle that has been verified, tar_seek_ms its segment by `tar -xO`, and *_kib the most memory that `phigate verify` takes of
 * the large bundle and of a small one. The encrypted one is a quarter as large; age_s is `age -d` of as many bytes in one file.
 * exchange: what recording adds to one with an answer of a KiB (of processors' time when batched,
 * for then it waits for nothing; of all time when strict), and what each leaves in the bundle. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bundle.h"
#include "clock.h"
#include "encode.h"
#include "file.h"
#include "keys.h"
#include "ledger.h"
#include "record.h"
#include "sshkey.h"

#define LARGE "01KB0000000000000000000000"
#define SMALL "01KB0000000000000000000001"
#define SEALED "01KB0000000000000000000002"
#define CHUNK ((size_t)64 << 10)
#define CHUNKS 16                                /* of an exchange, which is a MiB */
#define SMALL_MIB 16
#define BATCHED "01KB0000000000000000000003"
#define STRICT "01KB0000000000000000000004"
#define EXCHANGES_BATCHED 20000
#define EXCHANGES_STRICT 200
#define ROUNDS 3

static const char *folder, *phigate;

static void fail(const char *what, const struct why *why)
{
	fprintf(stderr, "evidence: %s%s%s\n", what, why && *why->text ? ": " : "", why ? why->text : "");
	exit(1);
}

static void must(enum rc rc, const char *what, const struct why *why)
{
	if (rc != RC_OK)
		fail(what, why && *why->text ? why : &(struct why){.text = "no"});
}

PRINTF_LIKE(1, 2) static const char *at(const char *fmt, ...)
{
	static char paths[4][1024];
	static size_t next;
	char *path = paths[next++ % 4];
	int n = snprintf(path, sizeof *paths, "%s/", folder);
	va_list args;

	va_start(args, fmt);
	vsnprintf(path + n, sizeof *paths - (size_t)n, fmt, args);
	va_end(args);
	return path;
}

struct cost {
	double seconds;
	long kib;                                /* the most memory of the process */
};

/* A shell command in the folder, with nothing on stdout. */
PRINTF_LIKE(1, 2) static struct cost cost_of(const char *fmt, ...)
{
	int64_t began_ns = clock_mono_ns();
	char command[4096];
	struct rusage used;
	int status;
	va_list args;
	pid_t pid;

	va_start(args, fmt);
	vsnprintf(command, sizeof command, fmt, args);
	va_end(args);
	pid = fork();
	if (pid == 0) {
		if (chdir(folder) != 0 || !freopen("/dev/null", "w", stdout))
			_exit(1);
		execl("/bin/sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	if (pid < 0 || wait4(pid, &status, 0, &used) != pid || !WIFEXITED(status) || WEXITSTATUS(status) != 0)
		fail(command, NULL);
	return (struct cost){(double)(clock_mono_ns() - began_ns) / 1e9, used.ru_maxrss};
}

static double cpu_s(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static double median(double v[ROUNDS])
{
	for (int i = 1; i < ROUNDS; i++)
		for (int k = i; k > 0 && v[k] < v[k - 1]; k--) {
			double other = v[k];

			v[k] = v[k - 1];
			v[k - 1] = other;
		}
	return v[ROUNDS / 2];
}

/* ---- a site ------------------------------------------------------------------------------------------------------------------- */

static void make_site(void)
{
	struct buf text, line, vkey;
	struct why why = {0};
	EVP_PKEY *key;

	buf_init(&text, 16384);
	buf_init(&line, 16384);
	buf_init(&vkey, 1024);
	must(dir_make(at("state/keys"), 0700, &why), "state", &why);
	must(sshkey_generate_ed25519(&key), "key", NULL);
	must(sshkey_write_private(key, "bench", &text), "key", NULL);
	must(file_write(at("state/keys/signing_ed25519"), buf_slice(&text), 0600, &why), "key", &why);
	buf_puts(&line, "gpu-1@phigate namespaces=\"" BUNDLE_NAMESPACE "\" ");
	must(sshkey_line(key, NULL, &line), "key", NULL);
	must(file_write(at("allowed_signers"), buf_slice(&line), 0600, &why), "allowed_signers", &why);
	must(key_make(at("state"), KEY_LEDGER, "gpu-1", &why), "ledger key", &why);
	must(key_vkey(at("state"), "gpu-1", &vkey, &why), "vkey", &why);
	must(file_write(at("vkey"), buf_slice(&vkey), 0600, &why), "vkey", &why);
	cost_of("age-keygen -o key.txt 2> /dev/null && age-keygen -y key.txt > recipient");
	EVP_PKEY_free(key);
	buf_free(&text);
	buf_free(&line);
	buf_free(&vkey);
}

/* A chunk of an answer: text that does not compress to nothing, and that JSON need not escape. */
static void make_chunk(char chunk[CHUNK + 64], bool last)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz ABCDEFGHIJKLMNOPQRSTUVWXYZ .,:0123456";
	unsigned char raw[CHUNK];
	int n = sprintf(chunk, "{\"chunks\":[[1200,\"");

	random_bytes(raw, sizeof raw);
	for (size_t i = 0; i < CHUNK; i++)
		chunk[n++] = letters[raw[i] % 64];
	strcpy(chunk + n, last ? "\"]],\"end\":true}" : "\"]]}");
}

static struct recording *open_session(struct spool *spool, const char *id)
{
	const struct recording_about about = {
		.id = id, .issuer = "https://idp.example.org", .subject = "00u1", .user = "alice@example.org", .groups_json = "[]",
		.address = "203.0.113.9:51022", .reason = "bench", .connection = "llama-prod", .dialect = "openai", .policy = "hipaa",
		.policy_text = "version: 1\n", .open_json = "{}",
		.dialect_json = "{\"name\":\"openai\",\"sha256\":\"aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\"}",
	};
	struct recording *r = NULL;
	struct why why = {0};

	must(recording_open(spool, &about, &r, &why), "session", &why);
	return r;
}

static void record(struct recording *r, int mib)
{
	static char chunk[CHUNK + 64], last[CHUNK + 64];

	make_chunk(chunk, false);
	make_chunk(last, true);
	for (uint64_t x = 1; x <= (uint64_t)mib; x++) {
		enum rc rc = recording_add(r, "request", x, SLICE("{\"method\":\"POST\",\"path\":\"/v1/chat/completions\",\"headers\":[],\"text\":\"\"}"));

		if (rc == RC_OK)
			rc = recording_add(r, "response", x, SLICE("{\"status\":200,\"headers\":[]}"));
		for (int i = 0; i < CHUNKS && rc == RC_OK; i++)
			rc = recording_add(r, "response", x, slice_str(i + 1 < CHUNKS ? chunk : last));
		must(rc, "record", NULL);
	}
	must(recording_sync(r), "record", NULL);
}

/* Exchanges with an answer of a KiB each; strict waits for the disk before the request is sent and before the answer ends, as the agent does. */
static void record_exchanges(struct recording *r, int n, bool strict)
{
	static char chunk[CHUNK + 64];
	struct buf last;

	make_chunk(chunk, true);
	buf_init(&last, 4096);
	buf_printf(&last, "%.1100s\"]],\"end\":true}", chunk);
	for (uint64_t x = 1; x <= (uint64_t)n; x++) {
		enum rc rc = recording_add(r, "request", x, SLICE("{\"method\":\"POST\",\"path\":\"/v1/chat/completions\",\"headers\":[],\"text\":"
			"\"{\\\"model\\\":\\\"note\\\",\\\"messages\\\":[{\\\"role\\\":\\\"user\\\",\\\"content\\\":\\\"Summarise the note.\\\"}]}\"}"));

		if (rc == RC_OK && strict)
			rc = recording_sync(r);
		if (rc == RC_OK)
			rc = recording_add(r, "response", x, SLICE("{\"status\":200,\"headers\":[]}"));
		if (rc == RC_OK)
			rc = recording_add(r, "response", x, buf_slice(&last));
		if (rc == RC_OK && strict)
			rc = recording_sync(r);
		must(rc, "record", NULL);
	}
	must(recording_sync(r), "record", NULL);
	buf_free(&last);
}

enum what { WHAT_MIB, WHAT_MIB_SEALED, WHAT_BATCHED, WHAT_STRICT };

/* n MiB or exchanges, in a process of its own, whose memory is not ours. */
static void make_session(const char *id, int n, enum what what, double *record_s, double *seal_s)
{
	struct age_recipients to = {0};
	struct spool_options options = {.state_dir = at("state"), .agent_name = "gpu-1", .strict = what == WHAT_STRICT,
		.per_person_max_bytes = UINT64_MAX / 2, .recipients = &to};
	double took[2];
	int pair[2], status;
	pid_t pid = pipe(pair) == 0 ? fork() : -1;

	if (pid < 0)
		fail("fork", NULL);
	if (pid == 0) {
		struct why why = {0};
		struct recording *r;
		struct spool *spool;
		struct ledger *ledger;
		struct buf recipient;
		int64_t began_ns;
		double cpu_began;

		buf_init(&recipient, 256);
		must(file_read(at("recipient"), &recipient, &why), "recipient", &why);
		buf_truncate(&recipient, recipient.len - 1);
		if (what == WHAT_MIB_SEALED)
			must(age_recipients_add(&to, recipient.data, &why), "recipient", &why);
		must(ledger_start(options.state_dir, "gpu-1", &ledger, &why), "ledger", &why);
		options.ledger = ledger;
		must(spool_open(&options, &spool, &why), "spool", &why);
		r = open_session(spool, id);
		began_ns = clock_mono_ns();
		cpu_began = cpu_s();
		if (what == WHAT_BATCHED || what == WHAT_STRICT)
			record_exchanges(r, n, what == WHAT_STRICT);
		else
			record(r, n);
		took[0] = what == WHAT_BATCHED ? cpu_s() - cpu_began : (double)(clock_mono_ns() - began_ns) / 1e9;
		began_ns = clock_mono_ns();
		must(recording_close(r, "client"), "seal", NULL);
		took[1] = (double)(clock_mono_ns() - began_ns) / 1e9;
		spool_close(spool);
		ledger_stop(ledger);
		_exit(write(pair[1], took, sizeof took) == sizeof took ? 0 : 1);
	}
	close(pair[1]);
	if (read(pair[0], took, sizeof took) != sizeof took || waitpid(pid, &status, 0) != pid || status != 0)
		fail("recording", NULL);
	close(pair[0]);
	*record_s = took[0];
	*seal_s = took[1];
}

/* ---- what is measured ------------------------------------------------------------------------------------------------------------ */

static struct cost verify(const char *id)
{
	return cost_of("exec '%s' verify --allowed-signers allowed_signers --ledger vkey --identity key.txt 'state/bundles/%s/1.tar'", phigate, id);
}

/* An exchange near the end, of a bundle that is open and verified. */
static double seek_ms(int mib)
{
	struct bundle *b = NULL;
	struct bundle_record record;
	struct why why = {0};
	int64_t began_ns;
	enum rc rc;

	must(bundle_open(at("state/bundles/%s/1.tar", LARGE), &b, &why), "bundle", &why);
	rc = bundle_verify(b, NULL, NULL, NULL, &why);
	if (rc != RC_NOT_FOUND)
		fail("bundle", &why);
	began_ns = clock_mono_ns();
	must(bundle_rewind(b), "seek", NULL);
	do
		rc = bundle_next_line(b, &record, &why);
	while (rc == RC_OK && record.exchange != (uint64_t)mib);
	if (rc == RC_OK)
		rc = bundle_body(b, &record, &why);
	must(rc, "seek", &why);
	began_ns = clock_mono_ns() - began_ns;
	bundle_free(b);
	return (double)began_ns / 1e6;
}

int main(int argc, char **argv)
{
	int mib = argc == 4 ? atoi(argv[3]) : 1024;
	double record_s, seal_s, seek, nothing, batched_s, strict_s, verify_s[ROUNDS], sum_s[ROUNDS], tar_s[ROUNDS], tar_seek_s[ROUNDS], sealed_s[ROUNDS], age_s[ROUNDS];
	struct cost large = {0}, small;
	struct stat batched;

	if (argc < 3 || mib < SMALL_MIB)
		return 2;
	folder = argv[1];
	phigate = argv[2];
	make_site();
	make_session(LARGE, mib, WHAT_MIB, &record_s, &seal_s);
	make_session(SMALL, SMALL_MIB, WHAT_MIB, &nothing, &nothing);
	make_session(SEALED, mib / 4, WHAT_MIB_SEALED, &nothing, &nothing);
	make_session(BATCHED, EXCHANGES_BATCHED, WHAT_BATCHED, &batched_s, &nothing);
	make_session(STRICT, EXCHANGES_STRICT, WHAT_STRICT, &strict_s, &nothing);
	must(stat(at("state/bundles/%s/1.tar", BATCHED), &batched) == 0 ? RC_OK : RC_IO, "bundle", NULL);
	cost_of("mkdir members && tar -C members -xf state/bundles/" LARGE "/1.tar && head -c %dM state/bundles/" LARGE "/1.tar | "
		"age -r \"$(cat recipient)\" -o one.age", mib / 4);
	for (int i = 0; i < ROUNDS; i++) {
		large = verify(LARGE);
		verify_s[i] = large.seconds;
		sum_s[i] = cost_of("exec sha256sum state/bundles/" LARGE "/1.tar").seconds;
		tar_s[i] = cost_of("cd members && sha256sum -- * > ../sums && tar -cf ../copy.tar -- * && sync ../copy.tar").seconds;
		tar_seek_s[i] = cost_of("tar -xOf state/bundles/" LARGE "/1.tar \"$(ls members | grep '^seg-' | tail -n 1)\"").seconds;
		sealed_s[i] = verify(SEALED).seconds;
		age_s[i] = cost_of("exec age -d -i key.txt one.age").seconds;
	}
	small = verify(SMALL);
	seek = seek_ms(mib);
	cost_of("rm -rf members copy.tar sums one.age state/bundles");
	printf("{\"mib\":%d,\"record_s\":%.2f,\"seal_s\":%.2f,\"tar_s\":%.2f,\"verify_s\":%.2f,\"sha256sum_s\":%.2f,\"seek_ms\":%.1f,\"tar_seek_ms\":%.1f,"
	       "\"verify_kib\":%ld,\"small_kib\":%ld,\"sealed\":{\"mib\":%d,\"verify_s\":%.2f,\"age_s\":%.2f},"
	       "\"exchange\":{\"batched_us\":%.1f,\"strict_us\":%.0f,\"kib\":%.2f}}\n", mib, record_s, seal_s, median(tar_s),
	       median(verify_s), median(sum_s), seek, median(tar_seek_s) * 1e3, large.kib, small.kib, mib / 4, median(sealed_s), median(age_s), batched_s * 1e6 / EXCHANGES_BATCHED,
	       strict_s * 1e6 / EXCHANGES_STRICT, (double)batched.st_size / 1024 / EXCHANGES_BATCHED);
	return 0;
}
