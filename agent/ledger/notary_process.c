/* The notary's own process. What it is told was written by a process that may be in somebody else's hands: all is checked. */
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <openssl/crypto.h>
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "bundle.h"
#include "file.h"
#include "log.h"
#include "notary_private.h"
#include "pack.h"
#include "sshkey.h"
#include "sshsig.h"
#include "tiles.h"

#define SECURE_HEAP ((size_t)32 << 10)
#define LOCK_WAIT_MS 3000                        /* for the notary of an agent that has just been killed */

struct work {
	int fd;
	EVP_PKEY *signing, *ledger;
	char dir[256];
	struct tiles *tiles;
	struct registry *registry;
	bool uncertain;                          /* something failed: look at the disk before anything else */
};

/* ---- less than other processes may do ----------------------------------------------------------------------------------- */

#if defined(__x86_64__)
#define OWN_ARCH AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define OWN_ARCH AUDIT_ARCH_AARCH64
#else
#error "what is this machine called in linux/audit.h?"
#endif

/* No new socket, program, process or look into another one; no calls by another architecture's numbers, x32's among them. */
static enum rc confine(void)
{
	static const int forbidden[] = {
		SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_listen, SYS_accept4, SYS_execve, SYS_execveat, SYS_ptrace, SYS_clone,
		SYS_clone3, SYS_unshare, SYS_setns, SYS_mount, SYS_process_vm_readv, SYS_process_vm_writev, SYS_pidfd_getfd, SYS_bpf,
		SYS_io_uring_setup, SYS_perf_event_open, SYS_keyctl, SYS_kexec_load, SYS_init_module, SYS_finit_module, SYS_chroot,
#ifdef SYS_fork
		SYS_fork, SYS_vfork, SYS_accept,
#endif
	};
	enum { N = sizeof forbidden / sizeof *forbidden };
	enum { HEAD = 4 };
	struct sock_filter code[HEAD + N + 2] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OWN_ARCH, 0, N + 3),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, 0x40000000, N + 1, 0),
	};
	struct sock_fprog program = {HEAD + N + 2, code};

	for (int i = 0; i < N; i++)
		code[HEAD + i] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (unsigned)forbidden[i], (unsigned char)(N - i), 0);
	code[HEAD + N] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	code[HEAD + N + 1] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EPERM);
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0 ? RC_OK : RC_IO;
}

static enum rc withdraw(int fd, struct why *why)
{
	const struct rlimit none = {0, 0};

	prctl(PR_SET_NAME, "phigate-notary");
	if (fd > 3)
		close_range(3, (unsigned)fd - 1, 0);
	close_range((unsigned)fd + 1, ~0U, 0);
	setpgid(0, 0);                                          /* Ctrl-C is for the agent */
	for (int sig = 1; sig < NSIG; sig++)
		if (sig != SIGSEGV && sig != SIGBUS && sig != SIGABRT && sig != SIGFPE && sig != SIGILL)
			signal(sig, SIG_IGN);
	if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		return why_set(why, RC_IO, "cannot forbid core dumps: %s", strerror(errno));
	if (CRYPTO_secure_malloc_init(SECURE_HEAP, 32) != 1)
		log_warn("keys_not_locked", L_TEXT("reason", "RLIMIT_MEMLOCK is too small; keys could be swapped out"));
	return RC_OK;
}

/* ---- keys and ledger ------------------------------------------------------------------------------------------------------ */

static enum rc read_key(const char *state_dir, const char *name, EVP_PKEY **key, struct why *why)
{
	char *path = path_join(state_dir, name);
	struct buf text;
	enum rc rc;

	buf_init(&text, 16384);
	rc = path ? file_read_private(path, &text, why) : RC_NOMEM;
	if (rc == RC_OK) {
		rc = sshkey_read_private(buf_slice(&text), key, why);
		why_file(why, rc, path);
	}
	buf_free(&text);
	free(path);
	return rc;
}

static enum rc open_tiles(struct work *w, const char *origin, struct why *why)
{
	const struct timespec step = {0, 20 * 1000 * 1000};
	enum rc rc = tiles_open(w->dir, origin, w->ledger, &w->tiles, why);

	for (int ms = 0; rc == RC_CONFLICT && ms < LOCK_WAIT_MS; ms += 20) {
		nanosleep(&step, NULL);
		rc = tiles_open(w->dir, origin, w->ledger, &w->tiles, why);
	}
	return rc;
}

static enum rc register_tile(struct work *w, struct tiles_reader *r, uint64_t from, uint64_t upto)
{
	struct slice entries, text;
	struct buf all;
	struct leaf leaf;
	uint64_t index = from - from % TLOG_TILE;
	enum rc rc;

	buf_init(&all, TILES_ENTRIES_MAX);
	rc = tiles_read_entries(r, from >> TLOG_TILE_BITS, &all);
	entries = buf_slice(&all);
	if (rc == RC_OK)
		rc = registry_begin(w->registry);
	for (; rc == RC_OK && index < upto && tiles_next_entry(&entries, &text) == RC_OK; index++)
		if (index >= from && leaf_parse(text, &leaf) == RC_OK)
			rc = registry_add(w->registry, &leaf, index);
	if (rc == RC_OK)
		rc = registry_commit(w->registry, index);
	if (rc != RC_OK)
		registry_rollback(w->registry);
	buf_free(&all);
	return rc;
}

/* The registry is brought up to the leaves. One that is ahead of them knows that the ledger has been put back. */
static enum rc catch_up(struct work *w, struct why *why)
{
	struct tiles_reader r;
	uint64_t at, size = tiles_size(w->tiles);
	enum rc rc = registry_size(w->registry, &at);

	if (rc == RC_OK && at > size)
		return why_set(why, RC_BAD, "%s: the ledger has gone back from %llu leaves to %llu; put back what was there", w->dir,
			       (unsigned long long)at, (unsigned long long)size);
	if (rc != RC_OK || at == size)
		return rc;
	rc = tiles_reader_open(&r, w->dir, why);
	if (rc != RC_OK)
		return rc;
	r.size = size;
	while (rc == RC_OK && at < size) {
		rc = register_tile(w, &r, at, size);
		if (rc == RC_OK)
			rc = registry_size(w->registry, &at);
	}
	tiles_reader_close(&r);
	return rc == RC_OK ? rc : why_set(why, rc, "%s: the leaves of the ledger cannot be read", w->dir);
}

static enum rc begin(struct work *w, const char *state_dir, const char *agent_name, struct notary_hello *hello)
{
	struct why *why = &hello->why;
	struct tlog_vkey vkey;
	char path[300];
	struct buf text;
	enum rc rc = withdraw(w->fd, why);

	if (rc == RC_OK)
		rc = read_key(state_dir, "keys/signing_ed25519", &w->signing, why);
	if (rc == RC_OK)
		rc = read_key(state_dir, "keys/ledger_ed25519", &w->ledger, why);
	if (rc != RC_OK)
		return rc;
	if (snprintf(w->dir, sizeof w->dir, "%s/ledger", state_dir) >= (int)sizeof w->dir)
		return why_set(why, RC_TOO_BIG, "state_dir is too long a path");
	snprintf(path, sizeof path, "%s/registry.sqlite", w->dir);
	snprintf(hello->facts.origin, sizeof hello->facts.origin, "phigate/%s", agent_name);
	rc = open_tiles(w, hello->facts.origin, why);
	if (rc == RC_OK)
		rc = registry_open(path, &w->registry, why);
	if (rc == RC_OK)
		rc = catch_up(w, why);
	if (rc == RC_OK && confine() != RC_OK)
		rc = why_set(why, RC_IO, "cannot confine the notary process: %s", strerror(errno));
	if (rc != RC_OK)
		return rc;
	hello->facts.fresh = tiles_size(w->tiles) == 0;
	buf_init(&text, sizeof hello->facts.vkey - 1);
	rc = tlog_vkey_make(hello->facts.origin, w->ledger, &vkey);
	if (rc == RC_OK)
		rc = tlog_vkey_text(&vkey, &text);
	if (rc == RC_OK)
		strcpy(hello->facts.vkey, text.data);
	buf_clear(&text);
	if (rc == RC_OK)
		rc = sshkey_line(w->signing, NULL, &text);
	if (rc == RC_OK)
		snprintf(hello->facts.signing_key, sizeof hello->facts.signing_key, "%.*s", (int)text.len - 1, text.data);
	buf_free(&text);
	return rc;
}

/* ---- what it is asked ------------------------------------------------------------------------------------------------------ */

struct item {
	struct slice text;
	struct leaf leaf;
	unsigned char sum[SHA512_LEN];
	struct notary_answer answer;
	struct buf signature;
};

static const char *namespace_of(enum leaf_kind kind)
{
	return kind == LEAF_CLOSE ? BUNDLE_NAMESPACE : kind == LEAF_REVIEW ? REVIEW_NAMESPACE : kind == LEAF_EVIDENCE ? PACK_NAMESPACE : NULL;
}

/* Back to what is on the disk, after something failed. */
static enum rc settle(struct work *w)
{
	struct why why = {0};
	enum rc rc;

	if (!w->uncertain)
		return RC_OK;
	registry_rollback(w->registry);
	rc = tiles_revert(w->tiles, &why);
	if (rc == RC_OK)
		rc = catch_up(w, &why);
	w->uncertain = rc != RC_OK;
	if (w->uncertain)
		log_error("ledger_stuck", L_RC(rc), L_TEXT("reason", why.text));
	return rc == RC_OK ? rc : RC_IO;
}

static enum rc add(struct work *w, struct item *item)
{
	enum rc rc = registry_check(w->registry, &item->leaf, &item->answer.index);

	item->answer.rc = rc;
	if (rc == RC_END)                                /* asked again: the answer is the same */
		item->answer.rc = RC_OK;
	if (rc != RC_OK)
		return rc == RC_END || rc == RC_CONFLICT ? RC_OK : rc;
	item->answer.index = tiles_size(w->tiles);
	rc = tiles_add(w->tiles, item->text);
	return rc == RC_OK ? registry_add(w->registry, &item->leaf, item->answer.index) : rc;
}

/* All good leaves, or none. */
static enum rc append(struct work *w, struct item *items, uint32_t n)
{
	enum rc rc = settle(w);
	uint64_t before = tiles_size(w->tiles);

	if (rc == RC_OK)
		rc = registry_begin(w->registry);
	for (uint32_t i = 0; i < n && rc == RC_OK; i++)
		if (items[i].answer.rc == RC_OK)
			rc = add(w, &items[i]);
	if (rc == RC_OK && tiles_size(w->tiles) > before)
		rc = tiles_commit(w->tiles);
	if (rc == RC_OK)
		rc = registry_commit(w->registry, tiles_size(w->tiles));
	if (rc == RC_OK)
		return rc;
	log_error("ledger_not_written", L_RC(rc), L_TEXT("reason", strerror(errno)));
	w->uncertain = true;
	(void)settle(w);
	return RC_IO;
}

static void sign(struct work *w, struct item *item)
{
	const char *namespace = namespace_of(item->leaf.kind);

	if (item->answer.rc == RC_OK && namespace)
		item->answer.rc = sshsig_sign_sum(w->signing, namespace, item->sum, &item->signature);
	item->answer.signature_n = (uint32_t)item->signature.len;
}

static bool take_item(struct slice *in, struct item *item)
{
	struct notary_leaf head;

	if (in->n < sizeof head)
		return false;
	memcpy(&head, in->p, sizeof head);
	*in = (struct slice){in->p + sizeof head, in->n - sizeof head};
	if (in->n < head.n)
		return false;
	item->text = (struct slice){in->p, head.n};
	*in = (struct slice){in->p + head.n, in->n - head.n};
	memcpy(item->sum, head.sum, sizeof item->sum);
	item->answer.rc = leaf_parse(item->text, &item->leaf) == RC_OK ? RC_OK : RC_BAD;
	return true;
}

/* A request that is none ends the process: only a stranger would have written it. */
static bool serve_append(struct work *w, uint32_t n, struct slice in, struct buf *out)
{
	struct item items[NOTARY_ITEMS] = {0};
	struct notary_reply reply = {.rc = RC_OK};
	struct slice note;
	enum rc rc;

	if (n > NOTARY_ITEMS)
		return false;
	for (uint32_t i = 0; i < n; i++) {
		buf_init(&items[i].signature, 2048);
		if (!take_item(&in, &items[i]))
			return false;
	}
	if (in.n)
		return false;
	rc = append(w, items, n);
	note = rc == RC_OK ? tiles_checkpoint(w->tiles) : SLICE("");
	reply.note_n = (uint32_t)note.n;
	buf_add(out, &reply, sizeof reply);
	buf_add_slice(out, note);
	for (uint32_t i = 0; i < n; i++) {
		if (rc != RC_OK && items[i].answer.rc == RC_OK)
			items[i].answer.rc = rc;
		sign(w, &items[i]);
		buf_add(out, &items[i].answer, sizeof items[i].answer);
		buf_add_slice(out, buf_slice(&items[i].signature));
		buf_free(&items[i].signature);
	}
	return out->rc == RC_OK;
}

static bool serve(struct work *w, struct slice in, struct buf *out)
{
	struct notary_request request;
	struct notary_reply reply = {0};

	if (in.n < sizeof request)
		return false;
	memcpy(&request, in.p, sizeof request);
	request.id[sizeof request.id - 1] = '\0';
	if (request.what == NOTARY_APPEND)
		return serve_append(w, request.n, (struct slice){in.p + sizeof request, in.n - sizeof request}, out);
	if (request.what != NOTARY_FIND)
		return false;
	reply.rc = settle(w);
	if (reply.rc == RC_OK)
		reply.rc = registry_find(w->registry, slice_str(request.id), request.part, &reply.part);
	return buf_add(out, &reply, sizeof reply) == RC_OK;
}

void notary_process(int fd, const char *state_dir, const char *agent_name)
{
	static char in[NOTARY_MESSAGE_MAX];
	struct work w = {.fd = fd};
	struct notary_hello hello = {0};
	bool goes_on;
	struct buf out;
	ssize_t n;

	buf_init(&out, NOTARY_MESSAGE_MAX);
	hello.rc = buf_room(&out, NOTARY_MESSAGE_MAX) ? begin(&w, state_dir, agent_name, &hello) : RC_NOMEM;
	goes_on = send(fd, &hello, sizeof hello, MSG_NOSIGNAL) == (ssize_t)sizeof hello && hello.rc == RC_OK;
	while (goes_on) {
		do
			n = recv(fd, in, sizeof in, 0);
		while (n < 0 && errno == EINTR);
		goes_on = n > 0 && serve(&w, (struct slice){in, (size_t)n}, &out) &&
			send(fd, out.data, out.len, MSG_NOSIGNAL) == (ssize_t)out.len;
		buf_clear(&out);
	}
	buf_free(&out);
	registry_close(w.registry);
	tiles_close(w.tiles);
	EVP_PKEY_free(w.signing);
	EVP_PKEY_free(w.ledger);
	_exit(0);
}
