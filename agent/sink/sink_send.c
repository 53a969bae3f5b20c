/* To a file, and to HTTP endpoints: OTLP, Splunk's HTTP Event Collector, or any that takes lines. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fetch.h"
#include "file.h"
#include "sink_private.h"

#define BODY_MAX ((size_t)4 << 20)

enum rc sink_send_file(struct sink *s, struct slice lines, struct why *why)
{
	const char *path = s->conf->path;
	struct stat st;

	if (atomic_exchange(&s->reopen, false) && s->fd >= 0) {
		close(s->fd);
		s->fd = -1;
	}
	if (s->fd < 0)
		s->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0640);
	if (s->fd < 0 || fstat(s->fd, &st) != 0)
		return why_set(why, RC_IO, "%s: %s", path, strerror(errno));
	if (!S_ISREG(st.st_mode))
		return why_set(why, RC_IO, "%s: is no plain file", path);
	if (fd_write_all(s->fd, lines.p, lines.n) == RC_OK && fdatasync(s->fd) == 0)
		return RC_OK;
	why_set(why, RC_IO, "%s: %s", path, strerror(errno));
	if (ftruncate(s->fd, st.st_size) != 0)           /* no half of a line */
		why_set(why, RC_IO, "%s: %s", path, strerror(errno));
	return RC_IO;
}

enum rc sink_read_token(const struct sink_settings *conf, struct buf *out, struct why *why)
{
	struct buf text;
	enum rc rc;

	if (!conf->token_file)
		return RC_OK;
	buf_init(&text, 8192);
	rc = file_read_private(conf->token_file, &text, why);
	while (text.len && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r'))
		buf_truncate(&text, text.len - 1);
	for (size_t i = 0; rc == RC_OK && i < text.len; i++)
		if (text.data[i] < ' ' || text.data[i] > '~')
			rc = why_set(why, RC_BAD, "%s: a token is one line of printable ASCII", conf->token_file);
	if (rc == RC_OK && !text.len)
		rc = why_set(why, RC_BAD, "%s: is empty", conf->token_file);
	if (rc == RC_OK)
		rc = buf_printf(out, "Authorization: %s %s", conf->to == SINK_SPLUNK ? "Splunk" : "Bearer", text.data);
	buf_free(&text);
	return rc;
}

/* One message of all the events. */
static enum rc make_body(const struct sink *s, struct slice lines, struct buf *out)
{
	bool splunk = s->conf->to == SINK_SPLUNK, first = true;

	if (!splunk)
		buf_puts(out, s->format->open);
	while (lines.n) {
		const char *lf = memchr(lines.p, '\n', lines.n);
		size_t n = lf ? (size_t)(lf - lines.p) : lines.n;

		if (!first)
			buf_puts(out, splunk ? "\n" : s->format->between);
		first = false;
		buf_add(out, lines.p, n);
		n += lf != NULL;
		lines = (struct slice){lines.p + n, lines.n - n};
	}
	return buf_puts(out, splunk ? "\n" : s->format->close);
}

enum rc sink_send_http(struct sink *s, struct slice lines, struct why *why)
{
	const char *headers[] = {s->token.len ? s->token.data : NULL, NULL};
	struct buf body, answer;
	int status = 0;
	enum rc rc;

	buf_init(&body, BODY_MAX);
	buf_init(&answer, 1 << 20);
	if (!s->http)
		s->http = fetch_client_new();
	rc = s->http ? make_body(s, lines, &body) : RC_NOMEM;
	if (rc == RC_OK) {
		const struct fetch f = {
			.url = s->conf->url, .data = buf_slice(&body), .ca_file = s->conf->ca_file, .headers = headers, .cancel = &s->stop, .client = s->http,
			.data_type = s->conf->to == SINK_SPLUNK ? "application/json" : s->format->media_type,
		};

		rc = fetch_run(&f, &status, &answer, why);
	}
	if (rc == RC_OK && (status < 200 || status > 299))
		rc = why_set(why, RC_BAD, "the endpoint answers with status %d", status);
	buf_free(&body);
	buf_free(&answer);
	return rc;
}
