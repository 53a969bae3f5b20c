/* For tests of what recordings keep when something fails: two sessions as a script, in a process that is killed or goes on, what their callers
 * were told, and what must then be in bundles after a restart. */
#ifndef PHIGATE_TEST_FAULTS_H
#define PHIGATE_TEST_FAULTS_H

#include <sys/wait.h>

#include "disk_again.h"
#include "log.h"
#include "place.h"
#include "receipt.h"
#include "recordings.h"

#define THIRD "01KB0000000000000000000002"
#define FOURTH "01KB0000000000000000000003"
#define STATE "spool bundles quarantine ledger archive"
#define PATIENT "Ottoline Kestrel"
#define ASKED "{\"method\":\"POST\",\"path\":\"/v1/chat/completions\",\"headers\":[],\"text\":\"Sum up " PATIENT ".\"}"
#define SAID "{\"chunks\":[[1200,\"" PATIENT " \"]]}"
#define SAID_LAST "{\"chunks\":[[2400,\"is well\"]],\"end\":true}"

enum who { A, B };
#define EXCHANGES 3

/* What the sessions' callers were told, by the number of notes at that moment. */
static struct told {
	size_t exchange[2][EXCHANGES + 1];       /* 0: never */
	bool failed[2];
	bool closed[2];
} *told;

static char where[200];                          /* what is tried, for whoever reads of a failure */
static int wrong;

/* All that goes wrong is told, for one fault seldom comes alone. */
PRINTF_LIKE(1, 2) static inline void tell(const char *fmt, ...)
{
	char text[400];
	va_list args;

	va_start(args, fmt);
	vsnprintf(text, sizeof text, fmt, args);
	va_end(args);
	print_message("%s: %s\n", where, text);
	wrong++;
}

#define EXPECT(truth) do { if (!(truth)) tell("%s", #truth); } while (0)

static inline bool all_of_them(void)
{
	const char *which = getenv("FAULTS");

	return which && strcmp(which, "all") == 0;
}

/* ---- what runs ------------------------------------------------------------------------------------------------------------------ */

static const char *const IDS[] = {SESSION, OTHER};

static inline bool works(enum who who, enum rc rc)
{
	told->failed[who] |= rc != RC_OK;
	return rc == RC_OK;
}

static inline void begin(enum who who, struct recording **r)
{
	if (!works(who, session_try(IDS[who], ALICE, r)))
		*r = NULL;
}

static inline bool asks(enum who who, struct recording *r, uint64_t x)
{
	return r && works(who, add(r, "request", x, ASKED)) && works(who, recording_sync(r));
}

static inline void is_answered(enum who who, struct recording *r, uint64_t x, int chunks)
{
	enum rc rc = r ? add(r, "response", x, RESPONSE_BODY) : RC_IO;

	for (int i = 0; i < chunks && rc == RC_OK; i++)
		rc = add(r, "response", x, SAID);
	if (rc == RC_OK)
		rc = add(r, "response", x, SAID_LAST);
	if (works(who, rc == RC_OK ? recording_sync(r) : rc))
		told->exchange[who][x] = disk->n ? disk->n : 1;
}

static inline void ends(enum who who, struct recording *r)
{
	if (r && works(who, recording_close(r, "client")))
		told->closed[who] = true;
}

static inline void archive(const char *id)
{
	char path[160], dir[96], bundles[96];
	struct archive_item item = {.session = id, .part = 1};
	struct receipt receipt = {.archived_s = 1, .retain_until_s = 2};
	const atomic_bool goes_on = false;
	struct stat st;

	snprintf(path, sizeof path, "%s/bundles/%s/1.tar", site.dir, id);
	snprintf(dir, sizeof dir, "%s/archive", site.dir);
	snprintf(bundles, sizeof bundles, "%s/bundles", site.dir);
	item.fd = open(path, O_RDONLY | O_CLOEXEC);
	if (item.fd < 0 || fstat(item.fd, &st) != 0 || sha256_file(item.fd, item.sha256) != RC_OK)
		return;
	item.bytes = receipt.bytes = (uint64_t)st.st_size;
	hex_encode(item.sha256, SHA256_LEN, receipt.sha256);
	/* as the archive's thread does it: until it has worked, then once again */
	for (int i = 0, done = 0; i < 5 && done < 2; i++)
		if (folder_put(dir, &item, &goes_on, NULL) == RC_OK && receipt_write(bundles, id, 1, &receipt, NULL) == RC_OK)
			done++;
	close(item.fd);
}

/* Two sessions beside one another; the first has two parts, the second enough records for the ledger to be told of. */
static inline void live(void)
{
	const struct recording_about next = about(SESSION, ALICE, "version: 1\nrules: []\n");
	struct recording *a, *b;

	if (site_try(true, 1 << 30, &site.spool) != RC_OK)
		return;
	begin(A, &a);
	if (asks(A, a, 1))
		is_answered(A, a, 1, 1);
	begin(B, &b);
	if (asks(B, b, 1))
		is_answered(B, b, 1, HEAD_RECORDS);
	if (asks(A, a, 2) && works(A, recording_rotate(a, &next)))
		is_answered(A, a, 2, 1);
	if (asks(B, b, 2))
		is_answered(B, b, 2, 1);
	ends(A, a);
	archive(SESSION);
	if (asks(B, b, 3))
		is_answered(B, b, 3, 1);
	ends(B, b);
	spool_close(site.spool);
	ledger_stop(site.ledger);
}

/* The agent starts again, and somebody else comes: what is synced for him must not leave behind what was not for others. */
static inline void restart(void)
{
	struct recording *r = NULL;

	if (site_try(true, 1 << 30, &site.spool) == RC_OK) {
		if (session_try(FOURTH, ALICE, &r) == RC_OK && ask(r, 1) == RC_OK && answer(r, 1) == RC_OK)
			archive(SESSION);
	}
}

/* Beside the folder, as what is written there counts. */
static inline const char *log_path(char out[96])
{
	snprintf(out, 96, "%s.log", site.dir);
	return out;
}

/* In a process of its own. True: it came to its end; it may also be killed, or stopped by the death of its notary. */
static inline bool run(void (*fn)(void), enum disk_fault fault, int at)
{
	int status;
	pid_t pid;

	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		disk_fault(fault, at);
		disk->on = true;
		fn();
		_exit(0);
	}
	EXPECT(waitpid(pid, &status, 0) == pid);
	disk->on = false;
	disk->fault = DISK_NONE;
	EXPECT(WIFEXITED(status) && (WEXITSTATUS(status) == 0 || WEXITSTATUS(status) == DISK_KILLED));
	return WEXITSTATUS(status) == 0;
}

static inline void clean(void)
{
	site_close();
	assert_int_equal(sh("rm -rf " STATE), 0);
}

/* ---- what must be so, whatever happened --------------------------------------------------------------------------------------------- */

static char vkey[512];

/* All bundles of a session, which verify; their indexes one after the other. */
static inline void gather(const char *id, struct buf *index)
{
	char path[128];
	struct why why = {0};
	struct buf tar;

	buf_init(index, 1 << 24);
	for (int part = 1; snprintf(path, sizeof path, "bundles/%s/%d.tar", id, part), exists(path); part++) {
		if (verify_with(path, vkey, &why) != RC_OK)
			tell("%s: %s", path, why.text);
		read_path(&tar, "%s", path);
		buf_add_slice(index, buf_slice(&tar));
		buf_free(&tar);
	}
}

static inline int lines_of(const struct buf *index, const char *kind, int x)
{
	char text[64];

	snprintf(text, sizeof text, "\"k\":\"%s\",\"x\":%d,", kind, x);
	return count(index, text);
}

/* The state of a part is not synced, and not waited for on a full disk: without it the exchanges of the last segment count as cut, though all of
 * them is there. */
static bool lossy;

/* n: of the notes that were on the disk. */
static inline void check_session(enum who who, size_t n)
{
	struct buf index;

	gather(IDS[who], &index);
	for (int x = 1; x <= EXCHANGES; x++) {
		if (!told->exchange[who][x] || told->exchange[who][x] > n)
			continue;
		EXPECT(lines_of(&index, "request", x) == 1);
		EXPECT(lines_of(&index, "response", x) >= 3);
		EXPECT(lines_of(&index, "cut", x) == 0 || lossy);
	}
	buf_free(&index);
}

static inline bool holds_patient(const char *path)
{
	bool found = false;
	DIR *dir = opendir(path);
	struct dirent *e;

	while (dir && !found && (e = readdir(dir))) {
		char name[PATH_MAX];
		struct stat st;
		struct buf text;

		if (e->d_name[0] == '.' && (!e->d_name[1] || e->d_name[1] == '.'))
			continue;
		snprintf(name, sizeof name, "%s/%s", path, e->d_name);
		if (stat(name, &st) != 0)
			continue;
		if (S_ISDIR(st.st_mode)) {
			found = holds_patient(name);
			continue;
		}
		buf_init(&text, 1 << 28);
		assert_int_equal(file_read(name, &text, NULL), RC_OK);
		found = text.len && memmem(text.data, text.len, PATIENT, sizeof PATIENT - 1);
		if (found)
			print_message("%s: %s\n", where, name);
		buf_free(&text);
	}
	if (dir)
		closedir(dir);
	return found;
}

/* What a receipt tells of is in the archive. */
static inline void check_archive(void)
{
	char path[128];
	struct receipt receipt;
	struct buf copy;
	char hex[SHA256_HEX];

	snprintf(path, sizeof path, "%s/bundles", site.dir);
	if (receipt_read(path, SESSION, 1, &receipt) == RC_OK) {
		buf_init(&copy, 1 << 28);
		snprintf(path, sizeof path, "%s/archive/" SESSION "/1.tar", site.dir);
		EXPECT(file_read(path, &copy, NULL) == RC_OK);
		sha256_hex(copy.data, copy.len, hex);
		EXPECT(strcmp(hex, receipt.sha256) == 0);
		buf_free(&copy);
	}
	receipt_free(&receipt);
}

/* The agent starts, everything that was promised is in bundles, nothing is left over, and the next session is recorded. */
static inline void check(size_t n)
{
	struct recording *r = NULL;
	struct buf index;
	enum rc rc;

	if (site.recipients.n)
		EXPECT(!holds_patient(site.dir));
	rc = site_try(true, 1 << 30, &site.spool);
	EXPECT(rc == RC_OK);
	if (rc != RC_OK)
		return;
	EXPECT(folder_is_empty("spool") && folder_is_empty("quarantine"));
	check_session(A, n);
	check_session(B, n);
	check_archive();
	rc = session_try(THIRD, ALICE, &r);
	EXPECT(rc == RC_OK && ask(r, 1) == RC_OK && answer(r, 1) == RC_OK);
	EXPECT(r && recording_close(r, "client") == RC_OK);
	gather(THIRD, &index);
	EXPECT(lines_of(&index, "response", 1) == 3);
	buf_free(&index);
}

/* ---- from the beginning ------------------------------------------------------------------------------------------------------------- */

/* What is on the disk goes, and what was told is forgotten. */
static inline void anew(void)
{
	char path[96];
	int fd = open(site.dir, O_RDONLY | O_DIRECTORY);

	clean();
	memset(told, 0, sizeof *told);
	disk_begin(site.dir);
	disk->on = true;                         /* the operator's */
	snprintf(path, sizeof path, "%s/archive", site.dir);
	assert_true(mkdir(path, 0700) == 0 && fsync(fd) == 0);
	disk->on = false;
	close(fd);
}

static inline void live_well(void)
{
	anew();
	strcpy(where, "nothing fails");
	assert_true(run(live, DISK_NONE, 0));
	EXPECT(told->closed[A] && told->closed[B]);
}

/* Killed while both sessions run, and that is kept; what a restart does of it is noted. */
static inline void crash(const char *damage)
{
	size_t at;

	live_well();
	at = told->exchange[B][2];
	anew();
	strcpy(where, "crash");
	(void)run(live, DISK_KILLS, (int)at);
	EXPECT(told->exchange[A][2] && told->exchange[B][1] && exists("spool/" OTHER ".1"));
	EXPECT(sh("%s && rm -rf saved && mkdir saved && cp -a " STATE " saved", damage) == 0);
	disk_begin(site.dir);
	(void)run(restart, DISK_NONE, 0);
}

static inline void put_back_saved(void)
{
	clean();
	EXPECT(sh("cp -a saved/. .") == 0);
	disk_begin(site.dir);
}

/* ---- which steps ------------------------------------------------------------------------------------------------------------------ */

#define PICKS_MAX 4096
#define KIND (DISK_NAME + 16)

/* The steps that are tried: each kind of them when it comes first and when it comes last, or all. A kind is what is done to files of such a
 * name. */
struct picks {
	struct pick {
		size_t at;
		char kind[KIND];
	} pick[PICKS_MAX];
	size_t n;
};

static inline const char *name_of(size_t upto, uint64_t ino)
{
	const char *name = "";

	for (size_t i = 0; i <= upto; i++) {
		const struct disk_note *note = disk_note_at(i);

		if (note->op == DISK_CREATE && note->ino == ino)
			name = note->name;
		else if (note->op == DISK_RENAME && strcmp(note->name, name) == 0)
			name = note->to;
	}
	return name;
}

static inline void kind_of(size_t at, char out[KIND])
{
	static const char *const ops[] = {"create", "write", "truncate", "rename", "remove", "sync"};
	const struct disk_note *note = disk_note_at(at);
	bool of_file = note->op == DISK_WRITE || note->op == DISK_TRUNCATE || note->op == DISK_SYNC;
	const char *name = of_file ? name_of(at, note->ino) : note->name;
	char *to = out + snprintf(out, KIND, "%s ", ops[note->op]);

	for (bool is_session = strncmp(name + (*name == '.'), "01KB", 4) == 0; *name; name++)
		if (is_session || !strchr("0123456789", *name))
			*to++ = *name;
	*to = '\0';
}

/* All that fits, or each kind when it comes first, and of these so many, evenly over the run. */
static inline void pick(struct picks *p, size_t from, bool (*fits)(size_t at), size_t most)
{
	static struct picks found;
	size_t step;

	found.n = 0;
	for (size_t i = from; i < disk->n && found.n < PICKS_MAX; i++) {
		struct pick *one = &found.pick[found.n];
		bool known = false;

		if (fits && !fits(i))
			continue;
		one->at = i;
		kind_of(i, one->kind);
		for (size_t k = 0; k < found.n && !known; k++)
			known = !all_of_them() && strcmp(found.pick[k].kind, one->kind) == 0;
		found.n += !known;
	}
	p->n = 0;
	step = all_of_them() || found.n < most ? 1 : (found.n + most - 1) / most;
	for (size_t i = step / 2; i < found.n; i += step)
		p->pick[p->n++] = found.pick[i];
}

static inline bool is_write(size_t at)
{
	return disk_note_at(at)->op == DISK_WRITE;
}

static inline bool is_sync_of_folder(size_t at)
{
	const struct disk_note *sync = disk_note_at(at), *note;
	bool folder = false;

	for (size_t i = 0; i < at && sync->op == DISK_SYNC; i++) {
		note = disk_note_at(i);
		if (note->op == DISK_CREATE && note->ino == sync->ino)
			folder = note->folder;
	}
	return folder;
}

/* ---- around each test -------------------------------------------------------------------------------------------------------------- */

static int log_fd;

static inline int faults_setup(void **state)
{
	char path[96];
	struct buf text;

	wrong = 0;
	setup(state);
	log_fd = open(log_path(path), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	log_setup(log_fd, false, LOG_INFO);
	told = mmap(NULL, sizeof *told, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	buf_init(&text, sizeof vkey);
	assert_int_equal(key_vkey(site.dir, "gpu-1", &text, NULL), RC_OK);
	strcpy(vkey, text.data);
	buf_free(&text);
	return 0;
}

static inline int faults_teardown(void **state)
{
	char path[96];

	log_setup(2, false, LOG_INFO);
	close(log_fd);
	unlink(log_path(path));
	munmap(told, sizeof *told);
	return teardown(state) != 0 || wrong != 0 ? -1 : 0;
}

static inline int sealed_setup(void **state)
{
	faults_setup(state);
	site_seal();
	return 0;
}

#endif
