/* What verification holds against a bundle that somebody laid hands on, and that the auditor's script comes to the same verdict. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "authority.h"
#include "bundle.h"
#include "bundle_make.h"
#include "stamp.h"
#include "story.h"
#include "tlog_proof.h"

static char dir[] = "/tmp/phigate-bundle.XXXXXX", file[64], signers_file[64], tsa_file[64];
static struct authority authority;               /* is believed where a test says so; its clock stands at two minutes after the session */

#define STAMPED_S (MADE_OPENED_NS / NS_PER_S + 120)

static int make_dir(void **state)
{
	(void)state;
	if (!mkdtemp(dir))
		return 1;
	snprintf(file, sizeof file, "%s/bundle.tar", dir);
	snprintf(signers_file, sizeof signers_file, "%s/allowed_signers", dir);
	snprintf(tsa_file, sizeof tsa_file, "%s/tsa.pem", dir);
	authority_make(&authority, 4070908800);
	authority.wall_s = STAMPED_S;
	return file_write(tsa_file, slice_str(authority.pem), 0600, NULL) != RC_OK;
}

static int remove_dir(void **state)
{
	(void)state;
	unlink(file);
	unlink(signers_file);
	unlink(tsa_file);
	authority_free(&authority);
	return rmdir(dir);
}

static struct signers *signers_of(const struct bundle_make *m, const char *principal, const char *options)
{
	struct signers *signers = signers_new();
	struct buf text;

	buf_init(&text, 4096);
	bundle_make_signers(m, principal, options, &text);
	assert_int_equal(signers_parse(signers, buf_slice(&text), NULL), RC_OK);
	assert_int_equal(file_write(signers_file, buf_slice(&text), 0600, NULL), RC_OK);
	buf_free(&text);
	return signers;
}

static void tell(void *arg, const struct bundle_check *check)
{
	struct buf *out = arg;

	static const char *const results[] = {[BUNDLE_HOLDS] = "holds", [BUNDLE_FAILS] = "fails", [BUNDLE_SKIPPED] = "skipped"};

	assert_true(check->text[0]);
	buf_printf(out, "%s %s\n", check->name, results[check->result]);
}

static enum rc verify_trusting(const struct bundle_trust *trust, struct buf *told, struct why *why)
{
	struct bundle *b;
	enum rc rc = bundle_open(file, &b, why);

	if (rc == RC_OK)
		rc = bundle_verify(b, trust, told ? tell : NULL, told, why);
	else if (told)
		bundle_tell_unopened(why, tell, told);
	bundle_free(b);
	return rc;
}

static enum rc verify(const struct signers *signers, struct buf *told, struct why *why)
{
	return verify_trusting(&(struct bundle_trust){.signers = signers}, told, why);
}

/* The exit status of the script. */
static int script_with(const char *options, const char *time)
{
	char command[512];
	int status;

	snprintf(command, sizeof command, "TMPDIR=%s config/verify-bundle.sh %s %s %s " MADE_AGENT "@phigate %s > %s/said 2>&1", dir, options, file,
		 signers_file, time, dir);
	status = system(command);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static int script(void)
{
	return script_with("", "");
}

static void script_said(struct buf *out)
{
	char path[128];

	snprintf(path, sizeof path, "%s/said", dir);
	buf_init(out, 65536);
	assert_int_equal(file_read(path, out, NULL), RC_OK);
	unlink(path);
}

/* ---- honest bundles ----------------------------------------------------------------------------------------------------------- */

static void test_an_honest_bundle_holds_in_every_check(void **state)
{
	struct bundle_make m;
	struct signers *signers;
	struct buf told, said;
	struct why why = {0};

	(void)state;
	bundle_make_init(&m);
	bundle_make_session(&m);
	bundle_make_all(&m);
	bundle_make_write(&m, file);
	signers = signers_of(&m, "gpu-1@phigate", "namespaces=\"phigate-bundle-v1\"");
	buf_init(&told, 4096);
	assert_int_equal(verify(signers, &told, &why), RC_OK);
	assert_string_equal(told.data, "archive holds\nmembers holds\nsession holds\nsignature holds\nsums holds\npolicy holds\nchain holds\n"
			    "head holds\nsegments holds\nrecords holds\nstory holds\ncounts holds\nledger skipped\nwitness skipped\ntimestamp skipped\n");
	if (script() != 0)
		fail_msg("%s", "the script refuses it");
	script_said(&said);
	assert_non_null(strstr(said.data, "verified"));
	buf_free(&said);
	buf_free(&told);
	signers_free(signers);
	bundle_make_free(&m);
}

/* ---- what people do to bundles -------------------------------------------------------------------------------------------------- */

/* The first place of from becomes to. */
static void change(struct buf *b, const char *from, const char *to)
{
	char *at = b->len ? memmem(b->data, b->len, from, strlen(from)) : NULL;
	struct buf out;

	if (!at)
		fail_msg("there is no %s", from);
	buf_init(&out, BUF_MAX_DEFAULT);
	buf_add(&out, b->data, (size_t)(at - b->data));
	buf_puts(&out, to);
	buf_add(&out, at + strlen(from), b->len - (size_t)(at - b->data) - strlen(from));
	buf_clear(b);
	buf_add_slice(b, buf_slice(&out));
	buf_free(&out);
}

static void change_member(struct bundle_make *m, const char *name, const char *from, const char *to)
{
	change(&bundle_make_member(m, name)->data, from, to);
}

#define TAMPER_MEMBER(function, name, from, to) \
	static void function(struct bundle_make *m) { change_member(m, name, from, to); }
#define TAMPER_TEXT(function, from, to) \
	static void function(struct buf *text) { change(text, from, to); }

static unsigned char *header_of(struct buf *tar, const char *name)
{
	for (size_t at = 0; at + TAR_BLOCK <= tar->len; at += TAR_BLOCK)
		if (strcmp(tar->data + at, name) == 0)
			return (unsigned char *)tar->data + at;
	abort();
}

/* -- headers and the archive -- */

static void header_uid(struct buf *tar)
{
	unsigned char *h = header_of(tar, "session.json");

	memcpy(h + 108, "0000001", 7);
	bundle_make_checksum(h);
}

static void header_mode(struct buf *tar)
{
	unsigned char *h = header_of(tar, "session.json");

	memcpy(h + 100, "0000755", 7);
	bundle_make_checksum(h);
}

static void header_owner(struct buf *tar)
{
	unsigned char *h = header_of(tar, "session.json");

	memcpy(h + 265, "root", 4);
	bundle_make_checksum(h);
}

static void header_prefix(struct buf *tar)
{
	unsigned char *h = header_of(tar, "session.json");

	memcpy(h + 345, "other", 5);
	bundle_make_checksum(h);
}

static void header_gnu(struct buf *tar)
{
	unsigned char *h = header_of(tar, "session.json");

	memcpy(h + 257, "ustar  ", 8);
	bundle_make_checksum(h);
}

static void header_pad(struct buf *tar)
{
	unsigned char *h = header_of(tar, "session.json");

	h[505] = 'x';
	bundle_make_checksum(h);
}

static void header_old_type(struct buf *tar)
{
	unsigned char *h = header_of(tar, "session.json");

	h[156] = '\0';
	bundle_make_checksum(h);
}

static void header_sum_form(struct buf *tar)
{
	unsigned char *h = header_of(tar, "session.json");

	h[154] = ' ';
	h[155] = '\0';
}

static void header_size_binary(struct buf *tar)
{
	unsigned char *h = header_of(tar, "session.json");
	unsigned long size = strtoul((char *)h + 124, NULL, 8);

	memset(h + 124, 0, 12);
	h[124] = 0x80;
	h[134] = (unsigned char)(size >> 8);
	h[135] = (unsigned char)size;
	bundle_make_checksum(h);
}

static void header_size_huge(struct buf *tar)
{
	unsigned char *h = header_of(tar, "seg-000005.jsonl");

	memcpy(h + 124, "77777777777", 11);
	bundle_make_checksum(h);
}

static void padding(struct buf *tar)
{
	unsigned char *h = header_of(tar, "policy.yaml");

	h[TAR_BLOCK + strlen(MADE_POLICY)] = 'x';
}

static void behind_the_end(struct buf *tar)
{
	buf_puts(tar, "x");
}

static void blocks_behind_the_end(struct buf *tar)
{
	static const char zeros[TAR_BLOCK];

	buf_add(tar, zeros, sizeof zeros);
}

static void one_block_of_zeros(struct buf *tar)
{
	buf_truncate(tar, tar->len - TAR_BLOCK);
}

static void cut_short(struct buf *tar)
{
	buf_truncate(tar, tar->len - 3 * TAR_BLOCK - 100);
}

static void twice(struct buf *tar)
{
	struct buf copy;

	buf_init(&copy, BUF_MAX_DEFAULT);
	buf_add_slice(&copy, buf_slice(tar));
	buf_add_slice(tar, buf_slice(&copy));
	buf_free(&copy);
}

static void nothing(struct buf *tar)
{
	buf_clear(tar);
}

static void zeros_inside(struct buf *tar)
{
	unsigned char *h = header_of(tar, "seg-000003.jsonl");

	memset(h, 0, TAR_BLOCK);
}

/* -- members, after all was signed -- */

static void put_behind(struct bundle_make *m, const char *name, char type, const char *before)
{
	struct made_member *one = &m->members[m->n_members];
	size_t at = 0;

	while (strcmp(m->members[at].name, before) != 0)
		at++;
	memmove(&m->members[at + 1], &m->members[at], (m->n_members - at) * sizeof *one);
	m->n_members++;
	one = &m->members[at];
	*one = (struct made_member){.type = type};
	snprintf(one->name, sizeof one->name, "%s", name);
	buf_init(&one->data, BUF_MAX_DEFAULT);
}

static void take_out(struct bundle_make *m, const char *name)
{
	size_t at = 0;

	while (strcmp(m->members[at].name, name) != 0)
		at++;
	buf_free(&m->members[at].data);
	m->n_members--;
	memmove(&m->members[at], &m->members[at + 1], (m->n_members - at) * sizeof *m->members);
}

static void swap(struct bundle_make *m, const char *a, const char *b)
{
	struct made_member *x = bundle_make_member(m, a), *y = bundle_make_member(m, b), copy = *x;

	*x = *y;
	*y = copy;
}

#define TAMPER_PUT(function, name, type, before) \
	static void function(struct bundle_make *m) { put_behind(m, name, type, before); }
#define TAMPER_TAKE(function, name) \
	static void function(struct bundle_make *m) { take_out(m, name); }
#define TAMPER_SWAP(function, a, b) \
	static void function(struct bundle_make *m) { swap(m, a, b); }

TAMPER_PUT(put_symlink, "policy.json", '2', "policy.yaml")
TAMPER_PUT(put_hard_link, "seg-000006.jsonl", '1', "seg-000005.jsonl")
TAMPER_PUT(put_pax, "session.json", 'x', "session.json")
TAMPER_PUT(put_global_pax, "session.json", 'g', "session.json")
TAMPER_PUT(put_long_name, "longlink", 'L', "session.json")
TAMPER_PUT(put_folder, "folder", '5', "policy.yaml")
TAMPER_PUT(put_sparse, "SHA256SUMS.tsr", 'S', "session.json")
TAMPER_PUT(put_device, "seg-000000.jsonl", '3', "seg-000001.jsonl")
TAMPER_PUT(put_unknown, "notes.txt", '0', "policy.yaml")
TAMPER_PUT(put_path, "../seg-000001.jsonl", '0', "seg-000001.jsonl")
TAMPER_PUT(put_absolute, "/tmp/x", '0', "seg-000001.jsonl")
TAMPER_PUT(put_twice, "session.json", '0', "session.json")
TAMPER_PUT(put_segment, "seg-000009.jsonl", '0', "seg-000005.jsonl")
TAMPER_PUT(put_segment_zero, "seg-000000.jsonl", '0', "seg-000001.jsonl")
TAMPER_PUT(put_original_in_clear, "orig-000001.jsonl", '0', "seg-000001.jsonl")
TAMPER_TAKE(take_session, "session.json")
TAMPER_TAKE(take_signature, "SHA256SUMS.sig")
TAMPER_TAKE(take_sums, "SHA256SUMS")
TAMPER_TAKE(take_policy, "policy.yaml")
TAMPER_TAKE(take_segment, "seg-000003.jsonl")
TAMPER_TAKE(take_last_segment, "seg-000005.jsonl")
TAMPER_SWAP(swap_policy, "policy.yaml", "session.json")
TAMPER_SWAP(swap_sums, "SHA256SUMS", "SHA256SUMS.sig")
TAMPER_SWAP(swap_segments, "seg-000002.jsonl", "seg-000003.jsonl")
TAMPER_MEMBER(edit_record, "seg-000002.jsonl", "saw the patient", "saw the Patient")
TAMPER_MEMBER(edit_policy, "policy.yaml", "redact", "keep  ")
TAMPER_MEMBER(edit_session, "session.json", "alice", "carol")
TAMPER_MEMBER(edit_index, "index.jsonl", "\"x\":2", "\"x\":3")
TAMPER_MEMBER(edit_sums, "SHA256SUMS", "  policy.yaml", "  policy.yamm")
TAMPER_MEMBER(edit_signature, "SHA256SUMS.sig", "U1NIU0lH", "U1NIU0lI")

static void exchange_segments(struct bundle_make *m)
{
	struct buf *a = &bundle_make_segment(m, 2)->data, *b = &bundle_make_segment(m, 3)->data, copy = *a;

	*a = *b;
	*b = copy;
}

static void flip_signature(struct bundle_make *m)
{
	char *text = bundle_make_member(m, "SHA256SUMS.sig")->data.data + 200;

	*text = *text == 'A' ? 'B' : 'A';
}

static void sign_with_another_key(struct bundle_make *m)
{
	struct buf *sig = &bundle_make_member(m, "SHA256SUMS.sig")->data;
	EVP_PKEY *key;

	bundle_make_must(sshkey_generate_ed25519(&key) == RC_OK);
	buf_clear(sig);
	bundle_make_must(sshsig_sign(key, m->namespace, buf_slice(&bundle_make_member(m, "SHA256SUMS")->data), sig) == RC_OK);
	EVP_PKEY_free(key);
}

/* -- what only the agent itself could sign -- */

TAMPER_TEXT(sums_binary, "  index.jsonl", " *index.jsonl")
TAMPER_TEXT(sums_unknown, "  policy.yaml", "  Policy.yaml")
TAMPER_TEXT(session_format, "\"format\":1", "\"format\":2")
TAMPER_TEXT(session_end, "\"end\":\"client\"", "\"end\":\"lunch\"")
TAMPER_TEXT(session_part, "\"part\":1", "\"part\":0")
TAMPER_TEXT(session_part_text, "\"part\":1", "\"part\":\"1\"")
TAMPER_TEXT(session_part_two, "\"part\":1,\"previous\":null", "\"part\":2,\"previous\":\"none\"")
TAMPER_TEXT(session_previous, "\"previous\":null", "\"previous\":\"\"")
TAMPER_TEXT(session_key, "\"signing_key\":\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI", "\"signing_key\":\"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAJ")
TAMPER_TEXT(session_twice, "\"part\":1", "\"part\":1,\"part\":1")
TAMPER_TEXT(session_no_user, "\"subject\":\"s1\",", "")
TAMPER_TEXT(session_no_json, "\"part\":1", "part:1")
TAMPER_TEXT(session_time, "\"closed\":\"2026-01-01T00:00:03.750000Z\"", "\"closed\":\"yesterday\"")
TAMPER_TEXT(session_policy, "\"policy\":{\"name\":\"hipaa\",\"sha256\":\"", "\"policy\":{\"name\":\"hipaa\",\"sha256\":\"00")
TAMPER_TEXT(session_masked, "\"masked\":{\"NAME\":1,\"SSN\":1}", "\"masked\":2")
TAMPER_TEXT(session_head, "\"head\":\"", "\"head\":\"0\",\"tail\":\"")
TAMPER_TEXT(index_space, "\"mono\":", "\"mono\": ")
TAMPER_TEXT(index_seq_zero, "\"seq\":0,", "\"seq\":00,")
TAMPER_TEXT(index_version, "{\"v\":1,\"seq\":2", "{\"v\":2,\"seq\":2")
TAMPER_TEXT(index_member, "\"mono\":", "\"more\":1,\"mono\":")
TAMPER_TEXT(index_time, "T00:00:00.250000Z", "T25:00:00.250000Z")
TAMPER_TEXT(index_kind, "\"k\":\"renew\"", "\"k\":\"dance\"")
TAMPER_TEXT(index_first_prev, "\"prev\":\"0000", "\"prev\":\"0001")
TAMPER_TEXT(index_negative, "\"x\":1", "\"x\":-1")

static void sums_short(struct buf *text)
{
	buf_consume(text, (size_t)(strchr(text->data, '\n') - text->data) + 1);
}

static void sums_twice(struct buf *text)
{
	buf_add(text, text->data, (size_t)(strchr(text->data, '\n') - text->data) + 1);
}

static void sums_unsorted(struct buf *text)
{
	sums_twice(text);
	sums_short(text);
}

static void sums_no_newline(struct buf *text)
{
	buf_truncate(text, text->len - 1);
}

static void sums_upper_case(struct buf *text)
{
	for (int i = 0; i < 64; i++)
		if (text->data[i] >= 'a' && text->data[i] <= 'f')
			text->data[i] = (char)(text->data[i] - 32);
}

static void index_empty(struct buf *text)
{
	buf_clear(text);
}

static void index_no_newline(struct buf *text)
{
	buf_truncate(text, text->len - 1);
}

static void index_without_a_line(struct buf *text)
{
	char *second = strchr(text->data, '\n') + 1, *third = strchr(second, '\n') + 1;
	size_t n = (size_t)(third - second), rest = text->len - (size_t)(third - text->data);

	memmove(second, third, rest);
	buf_truncate(text, text->len - n);
}

static void index_long_line(struct buf *text)
{
	for (int i = 0; i < 3000; i++)
		buf_putc(text, 'x');
	buf_putc(text, '\n');
}

#define TAMPER_RECORD(function, n, statement) \
	static void function(struct bundle_make *m) { struct made_record *r = &m->records[n]; statement; }

/* 0 open, 1 request 1, 2-4 response 1, 5 renew, 6 request 2, 7 hold, 8 decision, 9-10 response 2, 11 request 3, 12 decision, 13-14, 15 close */
TAMPER_RECORD(record_off, 3, r->off_by = 1)
TAMPER_RECORD(record_len, 3, r->len_by = -1)
TAMPER_RECORD(record_len_huge, 3, r->len_by = 2000000000)
TAMPER_RECORD(record_unlisted, 5, r->unlisted = true)
TAMPER_RECORD(record_last_unlisted, 4, r->unlisted = true)
TAMPER_RECORD(record_other_kind, 5, r->said_kind = "gap")
TAMPER_RECORD(record_no_json, 5, r->body = "{\"expires_at\":}")
TAMPER_RECORD(record_not_utf8, 5, r->body = "{\"expires_at\":\"\xff\"}")
TAMPER_RECORD(record_array, 5, r->body = "[]")
TAMPER_RECORD(record_more, 5, r->body = "{},\"more\":{}")
TAMPER_RECORD(record_deep, 5, r->body = "{\"a\":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"
	      "]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}")
TAMPER_RECORD(story_no_open, 0, r->kind = "renew")
TAMPER_RECORD(story_two_opens, 5, r->kind = "open")
TAMPER_RECORD(story_no_close, 15, r->kind = "renew")
TAMPER_RECORD(story_early_close, 5, r->kind = "close")
TAMPER_RECORD(story_request_of_none, 1, r->exchange = 0)
TAMPER_RECORD(story_renew_of_one, 5, r->exchange = 1)
TAMPER_RECORD(story_answer_unasked, 1, (r->kind = "cut", r->body = "{\"reason\":\"client\"}"))
TAMPER_RECORD(story_asked_twice, 6, r->exchange = 1)
TAMPER_RECORD(story_answer_held, 8, (r->kind = "renew", r->exchange = 0))
TAMPER_RECORD(story_answer_denied, 13, r->body = "{\"status\":200,\"headers\":[]}")
TAMPER_RECORD(story_denied_then_used, 8, r->body = "{\"hold\":\"7K2M-9QXD\",\"outcome\":\"denied\"}")
TAMPER_RECORD(story_two_answers, 3, r->body = "{\"status\":200,\"headers\":[]}")
TAMPER_RECORD(story_no_status, 2, r->body = "{\"chunks\":[]}")
TAMPER_RECORD(story_after_the_end, 3, r->body = "{\"chunks\":[],\"end\":true}")
TAMPER_RECORD(story_neither, 3, r->body = "{}")
TAMPER_RECORD(story_held_after_answer, 4, (r->kind = "hold", r->body = "{\"hold\":\"x\"}"))
TAMPER_RECORD(story_time_back, 5, r->wall_ns = MADE_OPENED_NS)
TAMPER_RECORD(story_mono_back, 5, r->mono_ns = 5)

static void segment_goes_back(struct bundle_make *m)
{
	m->records[5].segment = 2;
	m->records[4].segment = 3;
}

static void count_more(struct bundle_make *m)
{
	m->exchanges = 4;
}

static void another_purpose(struct bundle_make *m)
{
	m->namespace = "file";
}

static const struct tampering {
	const char *what, *check;                /* the first check that fails */
	struct bundle_make_hooks hooks;
} tamperings[] = {
	{"a header with a user id", "archive", {.tar = header_uid}},
	{"a header with another mode", "archive", {.tar = header_mode}},
	{"a header with an owner's name", "archive", {.tar = header_owner}},
	{"a header with a prefix", "archive", {.tar = header_prefix}},
	{"a header of GNU's kind", "archive", {.tar = header_gnu}},
	{"a header with bytes in its padding", "archive", {.tar = header_pad}},
	{"a header of the old file type", "archive", {.tar = header_old_type}},
	{"a header's checksum in another form", "archive", {.tar = header_sum_form}},
	{"a size in binary", "archive", {.tar = header_size_binary}},
	{"a size of 8 GiB", "archive", {.tar = header_size_huge}},
	{"bytes in the padding of a member", "archive", {.tar = padding}},
	{"a byte behind the end", "archive", {.tar = behind_the_end}},
	{"more zeros behind the end", "archive", {.tar = blocks_behind_the_end}},
	{"one block of zeros at the end", "archive", {.tar = one_block_of_zeros}},
	{"cut short", "archive", {.tar = cut_short}},
	{"two bundles in one file", "archive", {.tar = twice}},
	{"an empty file", "archive", {.tar = nothing}},
	{"a block of zeros before the last members", "archive", {.tar = zeros_inside}},
	{"a symbolic link", "archive", {.members = put_symlink}},
	{"a hard link", "archive", {.members = put_hard_link}},
	{"a pax header", "archive", {.members = put_pax}},
	{"a global pax header", "archive", {.members = put_global_pax}},
	{"a long name", "archive", {.members = put_long_name}},
	{"a folder", "archive", {.members = put_folder}},
	{"a sparse file", "archive", {.members = put_sparse}},
	{"a device", "archive", {.members = put_device}},
	{"an unknown member", "members", {.members = put_unknown}},
	{"a path that leads out", "archive", {.members = put_path}},
	{"an absolute path", "archive", {.members = put_absolute}},
	{"session.json twice", "members", {.members = put_twice}},
	{"a segment out of order", "members", {.members = put_segment}},
	{"segment 0", "members", {.members = put_segment_zero}},
	{"originals in clear", "members", {.members = put_original_in_clear}},
	{"no session.json", "members", {.members = take_session}},
	{"no signature", "members", {.members = take_signature}},
	{"no sums", "members", {.members = take_sums}},
	{"no policy", "members", {.members = take_policy}},
	{"a segment taken out", "sums", {.members = take_segment}},
	{"the last segment taken out", "sums", {.members = take_last_segment}},
	{"policy before session", "members", {.members = swap_policy}},
	{"signature before sums", "members", {.members = swap_sums}},
	{"segments in another order", "members", {.members = swap_segments}},
	{"segments that changed their names", "sums", {.members = exchange_segments}},
	{"a letter of an answer", "sums", {.members = edit_record}},
	{"a word of the policy", "sums", {.members = edit_policy}},
	{"another user", "sums", {.members = edit_session}},
	{"a number in the index", "sums", {.members = edit_index}},
	{"a letter of the sums", "signature", {.members = edit_sums}},
	{"a letter of the signature's head", "signature", {.members = edit_signature}},
	{"a letter of the signature", "signature", {.members = flip_signature}},
	{"another key's signature", "signature", {.members = sign_with_another_key}},
	{"a signature for another purpose", "signature", {.records = another_purpose}},
	{"sums in binary mode", "sums", {.sums = sums_binary}},
	{"a sum of nothing", "sums", {.sums = sums_unknown}},
	{"sums that lack one", "sums", {.sums = sums_short}},
	{"a sum twice", "sums", {.sums = sums_twice}},
	{"sums out of order", "sums", {.sums = sums_unsorted}},
	{"sums without their last newline", "sums", {.sums = sums_no_newline}},
	{"sums in upper case", "sums", {.sums = sums_upper_case}},
	{"session.json of another format", "session", {.session = session_format}},
	{"an end that there is not", "session", {.session = session_end}},
	{"part 0", "session", {.session = session_part}},
	{"a part that is no number", "session", {.session = session_part_text}},
	{"part 2 of nothing", "session", {.session = session_part_two}},
	{"part 1 with a part before", "session", {.session = session_previous}},
	{"a member of session.json twice", "session", {.session = session_twice}},
	{"nobody's session", "session", {.session = session_no_user}},
	{"session.json is no JSON", "session", {.session = session_no_json}},
	{"a session that ended yesterday", "session", {.session = session_time}},
	{"another signing key", "signature", {.session = session_key}},
	{"a policy with no sum", "session", {.session = session_policy}},
	{"counts of another type", "session", {.session = session_masked}},
	{"a head that is none", "session", {.session = session_head}},
	{"more exchanges counted", "counts", {.records = count_more}},
	{"a space in the index", "chain", {.index = index_space}},
	{"a leading zero in the index", "chain", {.index = index_seq_zero}},
	{"an index line of another version", "chain", {.index = index_version}},
	{"one more member in an index line", "chain", {.index = index_member}},
	{"an hour that there is not", "chain", {.index = index_time}},
	{"a kind that there is not", "chain", {.index = index_kind}},
	{"a line before the first", "chain", {.index = index_first_prev}},
	{"a negative exchange", "chain", {.index = index_negative}},
	{"an empty index", "chain", {.index = index_empty}},
	{"an index without its last newline", "chain", {.index = index_no_newline}},
	{"an index that lacks a line", "chain", {.index = index_without_a_line}},
	{"a long line in the index", "chain", {.index = index_long_line}},
	{"a record that begins elsewhere", "records", {.records = record_off}},
	{"a record that ends elsewhere", "records", {.records = record_len}},
	{"a record of 2 GB", "records", {.records = record_len_huge}},
	{"a record that the index does not know", "records", {.records = record_unlisted}},
	{"the last record of a segment that the index does not know", "records", {.records = record_last_unlisted}},
	{"a record of another kind than the index says", "records", {.records = record_other_kind}},
	{"a record that is no JSON", "records", {.records = record_no_json}},
	{"a record that is not UTF-8", "records", {.records = record_not_utf8}},
	{"a record whose body is no object", "records", {.records = record_array}},
	{"a record with one more member", "records", {.records = record_more}},
	{"a record that is too deep", "records", {.records = record_deep}},
	{"records that go back to a segment", "segments", {.records = segment_goes_back}},
	{"no open", "story", {.records = story_no_open}},
	{"two opens", "story", {.records = story_two_opens}},
	{"no close", "story", {.records = story_no_close}},
	{"records after close", "story", {.records = story_early_close}},
	{"a request of no exchange", "story", {.records = story_request_of_none}},
	{"a renewal of an exchange", "story", {.records = story_renew_of_one}},
	{"an answer that nobody asked for", "story", {.records = story_answer_unasked}},
	{"two requests of one exchange", "story", {.records = story_asked_twice}},
	{"an answer while the request is held", "story", {.records = story_answer_held}},
	{"an answer to what policy denied", "story", {.records = story_answer_denied}},
	{"an answer to what an approver denied", "story", {.records = story_denied_then_used}},
	{"two answers", "story", {.records = story_two_answers}},
	{"an answer without a status", "story", {.records = story_no_status}},
	{"an answer after its end", "story", {.records = story_after_the_end}},
	{"a response of nothing", "story", {.records = story_neither}},
	{"a hold after the answer began", "story", {.records = story_held_after_answer}},
	{"time that goes back", "story", {.records = story_time_back}},
	{"a monotonic clock that goes back", "story", {.records = story_mono_back}},
};

static void tamper(const struct tampering *t)
{
	struct bundle_make m;
	struct signers *signers;
	struct why why = {0};
	struct buf told, said;
	char failed[64];
	enum rc rc;
	int status;

	bundle_make_init(&m);
	bundle_make_session(&m);
	m.hooks = t->hooks;
	bundle_make_all(&m);
	bundle_make_write(&m, file);
	signers = signers_of(&m, "gpu-1@phigate", "");
	buf_init(&told, 4096);
	rc = verify(signers, &told, &why);
	status = script();
	script_said(&said);
	snprintf(failed, sizeof failed, "%s fails\n", t->check);
	if (rc != RC_BAD && !(rc == RC_DENIED && strcmp(t->check, "signature") == 0))
		fail_msg("%s: phigate says %s", t->what, rc_name(rc));
	if (strncmp(why.text, t->check, strlen(t->check)) != 0 || !strstr(told.data, failed))
		fail_msg("%s: %s; %s", t->what, why.text, told.data);
	snprintf(failed, sizeof failed, "NOT VERIFIED: %s: ", t->check);
	if (status != 5 || !strstr(said.data, failed))
		fail_msg("%s: the script exits with %d: %s", t->what, status, said.data);
	buf_free(&told);
	buf_free(&said);
	signers_free(signers);
	bundle_make_free(&m);
}

static void test_phigate_and_the_script_refuse_what_somebody_laid_hands_on(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof tamperings / sizeof *tamperings; i++)
		tamper(&tamperings[i]);
}

/* ---- who signed ---------------------------------------------------------------------------------------------------------------- */

static const struct signing {
	const char *what, *principal, *options;
	enum rc rc;
	const char *text;
} signings[] = {
	{"a pattern of names", "*@phigate", "", RC_OK, ""},
	{"one of several names", "other@phigate,gpu-1@phigate", "", RC_OK, ""},
	{"a name that is taken out again", "*@phigate,!gpu-1@phigate", "", RC_DENIED, "not gpu-1@phigate's"},
	{"another agent's name", "gpu-2@phigate", "", RC_DENIED, "not gpu-1@phigate's"},
	{"a key for another purpose", "gpu-1@phigate", "namespaces=\"git,file\"", RC_DENIED, "not for phigate-bundle-v1"},
	{"a key that has expired", "gpu-1@phigate", "valid-before=\"20260102Z\"", RC_DENIED, "expired at 2026-01-02"},
	{"a key that is not valid yet", "gpu-1@phigate", "valid-after=\"20990101\"", RC_DENIED, "not valid before 20"},
	{"a key that is valid now", "gpu-1@phigate", "valid-after=\"20200101\",valid-before=\"20990101000000Z\"", RC_OK, ""},
	{"an authority of certificates", "gpu-1@phigate", "cert-authority", RC_DENIED, "not among the signers"},
};

static void test_only_the_agents_own_key_is_believed_at_its_time(void **state)
{
	struct bundle_make m;

	(void)state;
	bundle_make_init(&m);
	bundle_make_session(&m);
	bundle_make_all(&m);
	bundle_make_write(&m, file);
	for (size_t i = 0; i < sizeof signings / sizeof *signings; i++) {
		const struct signing *t = &signings[i];
		struct signers *signers = signers_of(&m, t->principal, t->options);
		struct why why = {0};
		struct buf said;
		enum rc rc = verify(signers, NULL, &why);
		int status = script();

		script_said(&said);
		if (rc != t->rc || !strstr(why.text, t->text))
			fail_msg("%s: %s, %s", t->what, rc_name(rc), why.text);
		if (status != (t->rc == RC_OK ? 0 : 5))
			fail_msg("%s: the script says %s", t->what, said.data);
		buf_free(&said);
		signers_free(signers);
	}
	bundle_make_free(&m);
}

static void test_without_a_signer_all_else_is_checked_and_the_key_is_named(void **state)
{
	struct bundle_make m;
	struct signers *none = signers_new();
	struct why why = {0};
	struct buf told, key;

	(void)state;
	bundle_make_init(&m);
	bundle_make_session(&m);
	bundle_make_all(&m);
	bundle_make_write(&m, file);
	buf_init(&told, 4096);
	buf_init(&key, 4096);
	bundle_make_must(sshkey_line(m.key, NULL, &key) == RC_OK);
	buf_truncate(&key, key.len - 1);
	assert_int_equal(verify(none, &told, &why), RC_NOT_FOUND);
	assert_non_null(strstr(why.text, key.data));
	assert_non_null(strstr(why.text, "SHA256:"));
	assert_non_null(strstr(told.data, "signature fails\nsums holds"));
	assert_int_equal(verify(NULL, NULL, &why), RC_NOT_FOUND);
	change(&m.tar, "Be brief.", "Be Brief.");               /* worse than an unknown signer */
	bundle_make_write(&m, file);
	assert_int_equal(verify(none, NULL, &why), RC_BAD);
	assert_non_null(strstr(why.text, "sums: "));
	buf_free(&told);
	buf_free(&key);
	signers_free(none);
	bundle_make_free(&m);
}

static void test_the_script_believes_a_time_that_its_user_knows(void **state)
{
	struct bundle_make m;
	struct buf said;

	(void)state;
	bundle_make_init(&m);
	bundle_make_session(&m);
	bundle_make_all(&m);
	bundle_make_write(&m, file);
	signers_free(signers_of(&m, "gpu-1@phigate", "valid-before=\"20260102Z\""));
	assert_int_equal(script(), 5);
	script_said(&said);
	assert_non_null(strstr(said.data, "was valid then and is not now"));
	buf_free(&said);
	assert_int_equal(script_with("", "20260101000010Z"), 0);
	script_said(&said);
	buf_free(&said);
	bundle_make_free(&m);
}

/* ---- time stamps ---------------------------------------------------------------------------------------------------------------- */

static enum authority_lie lie;
static bool of_another, unsaid;

/* The authority's reply becomes a member, when it answers at all. */
static void stamp(struct bundle_make *m)
{
	static const unsigned char nonce[STAMP_NONCE] = {1};
	struct authority another = {0};
	struct buf request, *sig = &bundle_make_member(m, "SHA256SUMS.sig")->data;

	buf_init(&request, 4096);
	assert_int_equal(stamp_request(buf_slice(sig), nonce, &request), RC_OK);
	if (of_another)
		authority_make(&another, 4070908800);
	another.wall_s = STAMPED_S;
	authority.lie = lie;
	if (!unsaid)
		authority_reply(of_another ? &another : &authority, buf_slice(&request), &bundle_make_member(m, "SHA256SUMS.tsr")->data);
	qsort(m->members, m->n_members, sizeof *m->members, bundle_make_place);
	authority_free(&another);
	buf_free(&request);
}

static void stamp_nonsense(struct bundle_make *m)
{
	buf_puts(&bundle_make_member(m, "SHA256SUMS.tsr")->data, "<html>");
	qsort(m->members, m->n_members, sizeof *m->members, bundle_make_place);
}

/* Without roots (no --tsa-ca, no -t) a stamp that can be read is told of and not believed. */
static const struct stamping {
	const char *what, *options;              /* of the signer's line */
	enum authority_lie lie;
	bool of_another, unsaid, nonsense, no_roots;
	int64_t late_s;
	enum rc rc;
	const char *check, *result;              /* the first that fails, "" for none; what is told of the time stamp */
} stampings[] = {
	{"an honest stamp", "", .rc = RC_OK, .check = "", .result = "holds"},
	{"an honest stamp, and no authority known", "", .no_roots = true, .rc = RC_OK, .check = "", .result = "skipped"},
	{"a key that has expired since the stamp", "valid-before=\"20260102Z\"", .rc = RC_OK, .check = "", .result = "holds"},
	{"such a key, and no authority known", "valid-before=\"20260102Z\"", .no_roots = true, .rc = RC_DENIED, .check = "signature", .result = "skipped"},
	{"such a key, and another's stamp", "valid-before=\"20260102Z\"", .of_another = true, .rc = RC_BAD, .check = "signature", .result = "fails"},
	{"a key that had expired before the stamp", "valid-before=\"20260101000100Z\"", .rc = RC_DENIED, .check = "signature", .result = "holds"},
	{"a key that was not valid at the stamp", "valid-after=\"20260102Z\"", .rc = RC_DENIED, .check = "signature", .result = "holds"},
	{"an authority that is not believed", "", .of_another = true, .rc = RC_BAD, .check = "timestamp", .result = "fails"},
	{"no stamp where one is asked for", "", .unsaid = true, .rc = RC_BAD, .check = "timestamp", .result = "fails"},
	{"a stamp over something else", "", .lie = AUTHORITY_OTHER_DATA, .rc = RC_BAD, .check = "timestamp", .result = "fails"},
	{"a stamp over something else, and no authority known", "", .lie = AUTHORITY_OTHER_DATA, .no_roots = true, .rc = RC_BAD,
		.check = "timestamp", .result = "fails"},
	{"a stamp over another digest", "", .lie = AUTHORITY_SHA512, .no_roots = true, .rc = RC_BAD, .check = "timestamp", .result = "fails"},
	{"a refusal", "", .lie = AUTHORITY_REFUSES, .rc = RC_BAD, .check = "timestamp", .result = "fails"},
	{"a stamp that is none", "", .nonsense = true, .no_roots = true, .rc = RC_BAD, .check = "timestamp", .result = "fails"},
	{"a stamp from before the end of the session", "", .late_s = -3600, .rc = RC_BAD, .check = "timestamp", .result = "fails"},
};

static void judge_stamping(const struct stamping *t)
{
	char failed[64], option[80], told_of[64];
	struct bundle_make m;
	struct signers *signers;
	struct why why = {0};
	struct buf told, said;
	enum rc rc;
	int status;

	lie = t->lie;
	of_another = t->of_another;
	unsaid = t->unsaid;
	authority.wall_s = STAMPED_S + t->late_s;
	bundle_make_init(&m);
	bundle_make_session(&m);
	m.hooks.members = t->nonsense ? stamp_nonsense : stamp;
	bundle_make_all(&m);
	bundle_make_write(&m, file);
	signers = signers_of(&m, "gpu-1@phigate", t->options);
	buf_init(&told, 4096);
	rc = verify_trusting(&(struct bundle_trust){.signers = signers, .tsa_roots = t->no_roots ? NULL : authority.pem}, &told, &why);
	snprintf(option, sizeof option, "-t %s", tsa_file);
	status = script_with(t->no_roots ? "" : option, "");
	script_said(&said);
	snprintf(told_of, sizeof told_of, "timestamp %s\n", t->result);
	snprintf(failed, sizeof failed, "NOT VERIFIED: %s: ", t->check);
	if (rc != t->rc || !strstr(told.data, told_of) || strncmp(why.text, t->check, strlen(t->check)) != 0)
		fail_msg("%s: %s %s; %s", t->what, rc_name(rc), why.text, told.data);
	if (status != (t->rc == RC_OK ? 0 : 5) || !strstr(said.data, t->rc == RC_OK ? "verified: " : failed))
		fail_msg("%s: the script says %d %s", t->what, status, said.data);
	buf_free(&told);
	buf_free(&said);
	signers_free(signers);
	bundle_make_free(&m);
}

static void test_a_time_is_believed_from_an_authority_that_is_known(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof stampings / sizeof *stampings; i++)
		judge_stamping(&stampings[i]);
}

/* ---- the ledger's proof ------------------------------------------------------------------------------------------------------------- */

#define LEAVES 5

static EVP_PKEY *ledger_key;
static struct tlog_vkey ledger_vkey;
static char ledger_file[64], ledger_text[400];
static const struct proving *proving;

static enum rc read_tree(void *arg, unsigned level, uint64_t index, struct tlog_hash *out)
{
	const struct tlog_hash *leaves = arg;
	struct tlog_hash left, right;

	if (!level) {
		*out = leaves[index];
		return RC_OK;
	}
	assert_int_equal(read_tree(arg, level - 1, 2 * index, &left), RC_OK);
	assert_int_equal(read_tree(arg, level - 1, 2 * index + 1, &right), RC_OK);
	tlog_node(&left, &right, out);
	return RC_OK;
}

static struct proving {
	const char *what;
	const char *from, *to;                   /* changed in the proof after it was made */
	uint64_t leaf;                           /* where the close leaf stands */
	const char *origin;                      /* NULL: phigate/gpu-1 */
	const char *records;                     /* what the leaf says; NULL: the truth */
	bool none, unnamed, other_key, stranger; /* no proof; session.json names no ledger; another key has signed; --ledger has another key */
	const char *more;                        /* behind it */
	bool given;                              /* --ledger */
	const char *result;
} provings[] = {
	{"an honest proof", .leaf = 3, .given = true, .result = "holds"},
	{"of the first leaf", .leaf = 0, .given = true, .result = "holds"},
	{"of the last leaf", .leaf = 4, .given = true, .result = "holds"},
	{"an honest proof, and no key known", .leaf = 3, .result = "skipped"},
	{"with an application's own line", "v1\nindex", "v1\nextra AAAA\nindex", .leaf = 3, .given = true, .result = "holds"},
	{"with another's signature under it", .leaf = 3, .more = "\xe2\x80\x94 witness.example AAAAAAAA\n", .given = true, .result = "holds"},
	{"no proof where one is asked for", .none = true, .unnamed = true, .given = true, .result = "fails"},
	{"no proof where session.json names a ledger", .none = true, .result = "fails"},
	{"no proof and no ledger", .none = true, .unnamed = true, .result = "skipped"},
	{"another leaf", "index 3", "index 2", .leaf = 3, .given = true, .result = "fails"},
	{"a leaf behind the end", "index 3", "index 9", .leaf = 3, .given = true, .result = "fails"},
	{"a leaf of another form", "index 3", "index 03", .leaf = 3, .given = true, .result = "fails"},
	{"a proof of another kind", "proof@v1", "proof@v2", .leaf = 3, .given = true, .result = "fails"},
	{"a larger ledger", "\n5\n", "\n6\n", .leaf = 3, .given = true, .result = "fails"},
	{"another count of records", .leaf = 3, .records = "17", .given = true, .result = "fails"},
	{"another agent's ledger", .leaf = 3, .origin = "phigate/gpu-2", .given = true, .result = "fails"},
	{"another agent's ledger, and no key known", .leaf = 3, .origin = "phigate/gpu-2", .result = "fails"},
	{"another key under the same name", .leaf = 3, .other_key = true, .given = true, .result = "fails"},
	{"another key under the same name, and no key known", .leaf = 3, .other_key = true, .result = "fails"},
	{"the key of a stranger", .leaf = 3, .stranger = true, .given = true, .result = "fails"},
	{"no signature", "\n\xe2\x80\x94 phigate", "\n", .leaf = 3, .given = true, .result = "fails"},
	{"text behind the signatures", .leaf = 3, .more = "x\n", .given = true, .result = "fails"},
	{"a proof that ends without LF", .leaf = 3, .more = "\xe2\x80\x94 w AAAAAAAA", .given = true, .result = "fails"},
};

static void put_ledger(struct buf *text)
{
	char member[512];

	snprintf(member, sizeof member, "\"ledger\":{\"origin\":\"%s\",\"vkey\":\"%.300s\"},\"head\"", ledger_vkey.name, ledger_text);
	if (!proving->unnamed)
		change(text, "\"head\"", member);
}

static void put_proof(struct bundle_make *m)
{
	struct tlog_checkpoint checkpoint = {.size = LEAVES};
	struct tlog_proof proof = {.index = proving->leaf};
	struct tlog_hash leaves[LEAVES];
	struct buf text, *out;
	char sums[SHA256_HEX];
	EVP_PKEY *other = NULL;

	if (proving->none)
		return;
	buf_init(&text, 8192);
	for (size_t i = 0; i < LEAVES; i++)
		tlog_leaf((struct slice){&"01234"[i], 1}, &leaves[i]);
	sha256_hex(bundle_make_member(m, "SHA256SUMS")->data.data, bundle_make_member(m, "SHA256SUMS")->data.len, sums);
	buf_printf(&text, "phigate-close-v1\n" MADE_ID "\n1\n%s\n%s\n%s\n", sums, m->head, proving->records ? proving->records : "16");
	tlog_leaf(buf_slice(&text), &leaves[proving->leaf]);
	buf_clear(&text);
	assert_int_equal(tlog_prove_inclusion(read_tree, leaves, proving->leaf, LEAVES, &proof.path), RC_OK);
	assert_int_equal(tlog_root(read_tree, leaves, LEAVES, &checkpoint.root), RC_OK);
	snprintf(checkpoint.origin, sizeof checkpoint.origin, "%s", ledger_vkey.name);
	bundle_make_must(sshkey_generate_ed25519(&other) == RC_OK);
	assert_int_equal(tlog_checkpoint_sign(&checkpoint, proving->other_key ? other : ledger_key, &text), RC_OK);
	EVP_PKEY_free(other);
	proof.checkpoint = buf_slice(&text);
	out = &bundle_make_member(m, "session.tlog-proof")->data;
	assert_int_equal(tlog_proof_write(&proof, out), RC_OK);
	if (proving->from)
		change(out, proving->from, proving->to);
	buf_puts(out, proving->more ? proving->more : "");
	qsort(m->members, m->n_members, sizeof *m->members, bundle_make_place);
	buf_free(&text);
}

static void make_ledger(const struct proving *p)
{
	struct buf text;

	proving = p;
	buf_init(&text, sizeof ledger_text - 1);
	bundle_make_must(sshkey_generate_ed25519(&ledger_key) == RC_OK &&
			 tlog_vkey_make(p->origin ? p->origin : "phigate/" MADE_AGENT, ledger_key, &ledger_vkey) == RC_OK &&
			 tlog_vkey_text(&ledger_vkey, &text) == RC_OK);
	snprintf(ledger_text, sizeof ledger_text, "%s", text.data);
	if (p->stranger)
		snprintf(ledger_text, sizeof ledger_text, "phigate/gpu-1+6f6b8a7b+AZ8=");
	snprintf(ledger_file, sizeof ledger_file, "%s/ledger", dir);
	assert_int_equal(file_write(ledger_file, slice_str(ledger_text), 0600, NULL), RC_OK);
	buf_free(&text);
}

static void judge_proving(const struct proving *p)
{
	char option[80], told_of[64];
	struct bundle_make m;
	struct signers *signers;
	struct why why = {0};
	struct buf told, said;
	bool fails = strcmp(p->result, "fails") == 0;
	enum rc rc;
	int status;

	make_ledger(p);
	bundle_make_init(&m);
	bundle_make_session(&m);
	m.hooks.session = put_ledger;
	m.hooks.members = put_proof;
	bundle_make_all(&m);
	bundle_make_write(&m, file);
	signers = signers_of(&m, "gpu-1@phigate", "");
	buf_init(&told, 4096);
	rc = verify_trusting(&(struct bundle_trust){.signers = signers, .ledger_key = p->given ? ledger_text : NULL}, &told, &why);
	snprintf(option, sizeof option, "-l %s", ledger_file);
	status = script_with(p->given ? option : "", "");
	script_said(&said);
	snprintf(told_of, sizeof told_of, "ledger %s\n", p->result);
	if (rc != (fails ? RC_BAD : RC_OK) || !strstr(told.data, told_of) || (fails && strncmp(why.text, "ledger: ", 8) != 0))
		fail_msg("%s: %s %s; %s", p->what, rc_name(rc), why.text, told.data);
	if (status != (fails ? 5 : 0) || !strstr(said.data, fails ? "NOT VERIFIED: ledger: " : "verified: "))
		fail_msg("%s: the script says %d %s", p->what, status, said.data);
	unlink(ledger_file);
	EVP_PKEY_free(ledger_key);
	buf_free(&told);
	buf_free(&said);
	signers_free(signers);
	bundle_make_free(&m);
}

static void test_the_ledger_knows_of_the_sessions_end(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof provings / sizeof *provings; i++)
		judge_proving(&provings[i]);
}

/* ---- rare, and honest ------------------------------------------------------------------------------------------------------------ */

/* phigate and the script say the same, which is returned. */
static bool both_hold(struct bundle_make *m, struct why *why)
{
	struct signers *signers;
	struct buf said;
	enum rc rc;
	int status;

	bundle_make_all(m);
	bundle_make_write(m, file);
	signers = signers_of(m, "gpu-1@phigate", "");
	rc = verify(signers, NULL, why);
	status = script();
	script_said(&said);
	if (status != (rc == RC_OK ? 0 : 5))
		fail_msg("phigate says %s %s, the script %s", rc_name(rc), why->text, said.data);
	buf_free(&said);
	signers_free(signers);
	bundle_make_free(m);
	return rc == RC_OK;
}

/* What was sealed, and is in the index only as far as `listed` says, before the agent was killed. */
static bool crashed(bool partly, const char *hash)
{
	struct bundle_make m;
	struct why why = {0};
	struct buf lost;
	char body[256], f[SHA256_HEX];

	buf_init(&lost, 65536);
	bundle_make_init(&m);
	bundle_make_record(&m, "open", 0, 1, "{}");
	bundle_make_record(&m, "request", 1, 2, "{\"method\":\"GET\"}")->unlisted = !partly;
	bundle_make_record(&m, "response", 1, 2, "{\"status\":200}")->unlisted = true;
	for (size_t i = 1; i < 3; i++) {
		bundle_make_line(&m.records[i], i, &lost);
		buf_putc(&lost, '\n');
	}
	sha256_hex(lost.data, lost.len, f);
	snprintf(body, sizeof body, "{\"boot\":\"b\",\"lost_bytes\":7,\"orphans\":[{\"name\":\"seg-000002.jsonl\",\"sha256\":\"%s\"}]}", hash ? hash : f);
	bundle_make_record(&m, "recovered", 0, 3, body);
	bundle_make_record(&m, "close", 0, 3, "{\"end\":\"crash\"}");
	m.exchanges = partly;
	buf_free(&lost);
	return both_hold(&m, &why);
}

static void test_what_a_crash_left_holds_when_recovery_named_it_with_its_hash(void **state)
{
	(void)state;
	assert_true(crashed(false, NULL));
	assert_true(crashed(true, NULL));
	assert_false(crashed(false, "00"));
	assert_false(crashed(true, "0000000000000000000000000000000000000000000000000000000000000000"));
}

static void clock_was_set(struct bundle_make *m)
{
	m->records[5].kind = "gap";
	m->records[5].body = "{\"step_us\":-3600000000}";
	for (size_t i = 5; i < m->n_records; i++)
		m->records[i].wall_ns = MADE_OPENED_NS - 3600 * NS_PER_S + (int64_t)i;
}

TAMPER_TEXT(session_continues, "\"part\":1,\"previous\":null", "\"part\":2,\"previous\":\"00000000000000000000000000000000000000000000000000000000000000ff\"")
TAMPER_TEXT(session_lost_before, "\"part\":1,\"previous\":null", "\"part\":2,\"previous\":null")

static void test_a_clock_may_go_back_when_it_is_on_record(void **state)
{
	struct bundle_make m;
	struct why why = {0};

	(void)state;
	bundle_make_init(&m);
	bundle_make_session(&m);
	m.hooks.records = clock_was_set;
	assert_true(both_hold(&m, &why));
}

static void test_an_exchange_may_go_on_in_the_next_part(void **state)
{
	static const struct bundle_make_hooks parts[] = {{.session = session_continues}, {.session = session_lost_before}, {0}};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		struct bundle_make m;
		struct why why = {0};

		bundle_make_init(&m);
		bundle_make_record(&m, "open", 0, 1, "{}");
		bundle_make_record(&m, "response", 7, 1, "{\"chunks\":[],\"end\":true}");
		bundle_make_record(&m, "close", 0, 1, "{\"end\":\"client\"}");
		m.exchanges = 1;
		m.hooks = parts[i];
		assert_int_equal(both_hold(&m, &why), i < 2);
	}
}

static void test_encrypted_segments_are_told_of_and_passed_over(void **state)
{
	struct bundle_make m;
	struct signers *signers;
	struct why why = {0};
	struct buf told, sums;

	(void)state;
	buf_init(&told, 4096);
	buf_init(&sums, 65536);
	bundle_make_init(&m);
	bundle_make_session(&m);
	bundle_make_all(&m);
	snprintf(bundle_make_segment(&m, 2)->name, 100, "seg-000002.jsonl.age");
	buf_add_slice(&sums, buf_slice(&bundle_make_member(&m, "SHA256SUMS")->data));
	change(&sums, "seg-000002.jsonl\n", "seg-000002.jsonl.age\n");
	buf_clear(&bundle_make_member(&m, "SHA256SUMS")->data);
	buf_add_slice(&bundle_make_member(&m, "SHA256SUMS")->data, buf_slice(&sums));
	buf_clear(&bundle_make_member(&m, "SHA256SUMS.sig")->data);
	bundle_make_must(sshsig_sign(m.key, m.namespace, buf_slice(&sums), &bundle_make_member(&m, "SHA256SUMS.sig")->data) == RC_OK);
	buf_clear(&m.tar);
	bundle_make_tar(&m);
	bundle_make_write(&m, file);
	signers = signers_of(&m, "gpu-1@phigate", "");
	assert_int_equal(verify(signers, &told, &why), RC_OK);
	assert_string_equal(told.data, "archive holds\nmembers holds\nsession holds\nsignature holds\nsums holds\npolicy holds\nchain holds\n"
			    "head holds\nsegments holds\nrecords skipped\nstory holds\ncounts holds\nledger skipped\nwitness skipped\ntimestamp skipped\n");
	assert_int_equal(script(), 0);
	buf_free(&sums);
	script_said(&sums);
	assert_non_null(strstr(sums.data, "records    skipped: 1 of 5 segments are encrypted"));
	buf_free(&told);
	buf_free(&sums);
	signers_free(signers);
	bundle_make_free(&m);
}

/* ---- reading ------------------------------------------------------------------------------------------------------------------------ */

static void test_records_are_read_in_order_and_checked_again(void **state)
{
	struct bundle_record record;
	struct bundle_make m;
	struct why why = {0};
	struct bundle *b;
	uint64_t n = 0;
	enum rc rc;
	FILE *f;

	(void)state;
	bundle_make_init(&m);
	bundle_make_session(&m);
	bundle_make_all(&m);
	bundle_make_write(&m, file);
	assert_int_equal(bundle_open(file, &b, &why), RC_OK);
	assert_null(bundle_session(b).p);
	assert_int_equal(bundle_verify(b, NULL, NULL, NULL, &why), RC_NOT_FOUND);
	assert_non_null(strstr(bundle_session(b).p, MADE_ID));
	assert_int_equal(bundle_rewind(b), RC_OK);
	while ((rc = bundle_next(b, &record, &why)) == RC_OK) {
		assert_int_equal(record.seq, n);
		assert_string_equal(record.kind, m.records[n].kind);
		assert_int_equal(record.exchange, m.records[n].exchange);
		assert_int_equal(record.wall_ns, MADE_OPENED_NS + m.records[n].at_ns);
		assert_true(slice_is(record.body, m.records[n].body));
		n++;
	}
	assert_int_equal(rc, RC_END);
	assert_int_equal(n, m.n_records);
	f = fopen(file, "r+");                   /* changed after it was verified, in place */
	assert_non_null(f);
	fseek(f, (long)((char *)memmem(m.tar.data, m.tar.len, "saw the", 7) - m.tar.data), SEEK_SET);
	fputs("Saw", f);
	fclose(f);
	assert_int_equal(bundle_rewind(b), RC_OK);
	for (n = 0; n < 3; n++)
		assert_int_equal(bundle_next(b, &record, &why), RC_OK);
	assert_int_equal(bundle_next(b, &record, &why), RC_BAD);
	assert_string_equal(record.kind, "response");
	assert_int_equal(record.body.n, 0);
	assert_int_equal(bundle_next(b, &record, &why), RC_OK);
	assert_int_equal(record.seq, 4);
	bundle_free(b);
	bundle_make_free(&m);
}

static void test_no_number_of_exchanges_takes_all_memory(void **state)
{
	struct story *story = story_new(false);
	struct bundle_line line = {.kind = KIND_OPEN};
	enum rc rc = story_add(story, &line, NULL, NULL);

	(void)state;
	line.kind = KIND_REQUEST;
	for (line.exchange = 1000; rc == RC_OK; line.exchange += 1 << 20) {      /* far apart, as no agent counts */
		line.seq++;
		rc = story_add(story, &line, NULL, NULL);
	}
	assert_int_equal(rc, RC_TOO_BIG);
	assert_int_equal(story_exchanges(story), 1 << 22);
	story_free(story);
}

static void test_what_is_no_file_is_told_of(void **state)
{
	struct why why = {0};
	struct bundle *b;

	(void)state;
	assert_int_equal(bundle_open("/nonexistent/bundle.tar", &b, &why), RC_NOT_FOUND);
	assert_int_equal(bundle_open("/dev/zero", &b, &why), RC_BAD);
	assert_int_equal(bundle_open("/tmp", &b, &why), RC_BAD);
	assert_null(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_an_honest_bundle_holds_in_every_check),
		cmocka_unit_test(test_only_the_agents_own_key_is_believed_at_its_time),
		cmocka_unit_test(test_without_a_signer_all_else_is_checked_and_the_key_is_named),
		cmocka_unit_test(test_the_script_believes_a_time_that_its_user_knows),
		cmocka_unit_test(test_a_time_is_believed_from_an_authority_that_is_known),
		cmocka_unit_test(test_the_ledger_knows_of_the_sessions_end),
		cmocka_unit_test(test_what_a_crash_left_holds_when_recovery_named_it_with_its_hash),
		cmocka_unit_test(test_a_clock_may_go_back_when_it_is_on_record),
		cmocka_unit_test(test_an_exchange_may_go_on_in_the_next_part),
		cmocka_unit_test(test_encrypted_segments_are_told_of_and_passed_over),
		cmocka_unit_test(test_records_are_read_in_order_and_checked_again),
		cmocka_unit_test(test_no_number_of_exchanges_takes_all_memory),
		cmocka_unit_test(test_what_is_no_file_is_told_of),
		cmocka_unit_test(test_phigate_and_the_script_refuse_what_somebody_laid_hands_on),
	};

	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
