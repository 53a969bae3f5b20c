#include "log.h"

#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "json.h"

static struct {
	int fd;
	bool json;
	enum log_level least;
} setup = {2, false, LOG_INFO};

static struct {
	pthread_rwlock_t lock;                   /* so that nobody is called any more who has gone */
	log_fn *fn;
	void *arg;
} watch = {.lock = PTHREAD_RWLOCK_INITIALIZER};

void log_watch(log_fn *fn, void *arg)
{
	pthread_rwlock_wrlock(&watch.lock);
	watch.fn = fn;
	watch.arg = arg;
	pthread_rwlock_unlock(&watch.lock);
}

static void tell_watch(const char *event, const struct log_field *fields)
{
	pthread_rwlock_rdlock(&watch.lock);
	if (watch.fn)
		watch.fn(watch.arg, event, fields);
	pthread_rwlock_unlock(&watch.lock);
}

void log_setup(int fd, bool json, enum log_level least)
{
	setup.fd = fd;
	setup.json = json;
	setup.least = least;
}

static void add_json(struct buf *line, const struct log_field *f)
{
	buf_printf(line, ",\"%s\":", f->name);
	if (f->type == LOG_FIELD_TEXT)
		json_add_string(line, (struct slice){f->text ? f->text : "", f->text ? strnlen(f->text, 256) : 0});
	else if (f->type == LOG_FIELD_NUMBER)
		buf_printf(line, "%lld", (long long)f->number);
	else
		buf_puts(line, f->number ? "true" : "false");
}

static void add_text(struct buf *line, const struct log_field *f)
{
	buf_printf(line, " %s=", f->name);
	if (f->type == LOG_FIELD_TEXT)
		json_add_string(line, (struct slice){f->text ? f->text : "", f->text ? strnlen(f->text, 256) : 0});
	else if (f->type == LOG_FIELD_NUMBER)
		buf_printf(line, "%lld", (long long)f->number);
	else
		buf_puts(line, f->number ? "yes" : "no");
}

void log_write(enum log_level level, const char *event, const struct log_field *fields)
{
	static const char *const names[] = {"debug", "info", "warn", "error"};
	int keep = errno;
	char time[CLOCK_TEXT];
	struct buf line;

	tell_watch(event, fields);
	errno = keep;
	if (level < setup.least)
		return;
	buf_init(&line, 16384);
	clock_text_us(clock_wall_ns(), time);
	if (setup.json)
		buf_printf(&line, "{\"time\":\"%s\",\"level\":\"%s\",\"event\":\"%s\"", time, names[level], event);
	else
		buf_printf(&line, "%s %-5s %s", time, names[level], event);
	for (const struct log_field *f = fields; f->name; f++)
		(setup.json ? add_json : add_text)(&line, f);
	buf_puts(&line, setup.json ? "}\n" : "\n");
	if (line.rc == RC_OK && write(setup.fd, line.data, line.len) < 0)
		errno = keep;      /* there is nowhere to say it */
	buf_free(&line);
	errno = keep;
}
