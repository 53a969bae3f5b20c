#include "notary.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "notary_private.h"

struct notary {
	pid_t pid;
	int fd;
	bool dead;
	struct buf message;                      /* of one request and its reply; has room for all of it from the start */
};

static ssize_t receive(int fd, void *p, size_t n)
{
	ssize_t got;

	do
		got = recv(fd, p, n, 0);
	while (got < 0 && errno == EINTR);
	return got;
}

enum rc notary_start(const char *state_dir, const char *agent_name, struct notary **out, struct notary_facts *facts, struct why *why)
{
	struct notary *n = calloc(1, sizeof *n);
	struct notary_hello hello;
	int pair[2];

	*out = NULL;
	if (!n)
		return RC_NOMEM;
	buf_init(&n->message, NOTARY_MESSAGE_MAX + 1);
	if (!buf_room(&n->message, NOTARY_MESSAGE_MAX)) {
		free(n);
		return RC_NOMEM;
	}
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) != 0) {
		buf_free(&n->message);
		free(n);
		return why_set(why, RC_IO, "cannot start the notary process: %s", strerror(errno));
	}
	n->pid = fork();
	if (n->pid == 0)
		notary_process(pair[1], state_dir, agent_name);
	close(pair[1]);
	n->fd = pair[0];
	if (n->pid < 0) {
		close(n->fd);
		buf_free(&n->message);
		free(n);
		return why_set(why, RC_IO, "cannot start the notary process: %s", strerror(errno));
	}
	if (receive(n->fd, &hello, sizeof hello) != (ssize_t)sizeof hello) {
		hello.rc = why_set(why, RC_IO, "the notary process ended before it had begun");
	} else if (hello.rc != RC_OK && why) {
		*why = hello.why;
	} else {
		*facts = hello.facts;
	}
	if (hello.rc == RC_OK)
		*out = n;
	else
		notary_stop(n);
	return hello.rc;
}

void notary_stop(struct notary *n)
{
	if (!n)
		return;
	close(n->fd);
	while (waitpid(n->pid, NULL, 0) < 0 && errno == EINTR)
		continue;
	buf_free(&n->message);
	free(n);
}

int notary_fd(const struct notary *n)
{
	return n->fd;
}

/* What is in the message is asked, and its reply is put there; a reply that is none says that the notary is dead. */
static enum rc ask(struct notary *n, struct slice *reply)
{
	ssize_t got = -1;

	if (n->message.rc != RC_OK)
		return n->message.rc;
	if (!n->dead && send(n->fd, n->message.data, n->message.len, MSG_NOSIGNAL) == (ssize_t)n->message.len) {
		buf_clear(&n->message);
		got = receive(n->fd, n->message.data, NOTARY_MESSAGE_MAX);
	}
	n->dead = got < (ssize_t)sizeof(struct notary_reply);
	if (n->dead)
		return RC_IO;
	buf_added(&n->message, (size_t)got);
	*reply = buf_slice(&n->message);
	return RC_OK;
}

static bool take(struct slice *in, void *out, size_t n)
{
	if (in->n < n)
		return false;
	memcpy(out, in->p, n);
	*in = (struct slice){in->p + n, in->n - n};
	return true;
}

static bool take_text(struct slice *in, size_t n, struct buf *out)
{
	if (in->n < n || buf_add(out, in->p, n) != RC_OK)
		return false;
	*in = (struct slice){in->p + n, in->n - n};
	return true;
}

static enum rc take_answers(struct slice in, struct notary_item *items, size_t count, struct buf *note)
{
	struct notary_answer answer;
	struct notary_reply reply;

	if (!take(&in, &reply, sizeof reply) || !take_text(&in, reply.note_n, note))
		return RC_FAULT;
	for (size_t i = 0; i < count; i++) {
		if (!take(&in, &answer, sizeof answer) || !take_text(&in, answer.signature_n, &items[i].signature))
			return RC_FAULT;
		items[i].rc = answer.rc;
		items[i].index = answer.index;
	}
	return RC_OK;
}

enum rc notary_append(struct notary *n, struct notary_item *items, size_t count, struct buf *note)
{
	struct notary_request request = {.what = NOTARY_APPEND, .n = (uint32_t)count};
	struct slice reply;
	enum rc rc;

	buf_clear(&n->message);
	buf_add(&n->message, &request, sizeof request);
	for (size_t i = 0; i < count; i++) {
		struct notary_leaf leaf = {.n = (uint32_t)items[i].leaf.n};

		memcpy(leaf.sum, items[i].sum, sizeof leaf.sum);
		buf_add(&n->message, &leaf, sizeof leaf);
		buf_add_slice(&n->message, items[i].leaf);
	}
	rc = ask(n, &reply);
	return rc == RC_OK ? take_answers(reply, items, count, note) : rc;
}

enum rc notary_find(struct notary *n, const char *id, uint64_t part, struct registry_part *out)
{
	struct notary_request request = {.what = NOTARY_FIND, .part = part};
	struct notary_reply reply;
	struct slice in;
	enum rc rc;

	*out = (struct registry_part){0};
	if (strlen(id) >= sizeof request.id)
		return RC_NOT_FOUND;
	strcpy(request.id, id);
	buf_clear(&n->message);
	buf_add(&n->message, &request, sizeof request);
	rc = ask(n, &in);
	if (rc == RC_OK)
		rc = take(&in, &reply, sizeof reply) ? reply.rc : RC_FAULT;
	if (rc == RC_OK)
		*out = reply.part;
	return rc;
}
