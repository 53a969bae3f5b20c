/* Is a page harmless, whatever it was made of? Read as HTML's tokenizer would read it, with what a page of ours may hold as the only thing that
 * is let through. */
#ifndef PHIGATE_TEST_PAGES_H
#define PHIGATE_TEST_PAGES_H

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "page_private.h"

static inline bool pages_in(const char *const *list, const char *p, size_t n)
{
	for (; *list; list++)
		if (strlen(*list) == n && memcmp(*list, p, n) == 0)
			return true;
	return false;
}

/* Behind the tag that begins at p; NULL: such a tag must not be. */
static inline const char *pages_tag(const char *p)
{
	static const char *const tags[] = {"!DOCTYPE", "html", "head", "meta", "title", "style", "body", "main", "header", "section", "footer", "article", "figure",
		"figcaption", "svg", "rect", "a", "h1", "h2", "h3", "h4", "p", "div", "span", "b", "small", "code", "pre", "mark", "time", "details", "summary", "table",
		"thead", "tbody", "tr", "th", "td", "dl", "dt", "dd", "ol", "ul", "li", NULL};
	static const char *const names[] = {"lang", "charset", "http-equiv", "content", "name", "class", "id", "href", "datetime", "scope", "aria-hidden",
		"aria-label", "role", "viewBox", "preserveAspectRatio", "x", "y", "width", "height", "html", "open", NULL};
	size_t n;

	p += p[1] == '/' ? 2 : 1;
	n = strcspn(p, " >");
	if (!pages_in(tags, p, n))
		return NULL;
	for (p += n; *p == ' '; p += n) {
		n = strcspn(++p, "= >");
		if (!pages_in(names, p, n))
			return NULL;
		if (n == 4 && memcmp(p, "href", 4) == 0 && (strncmp(p, "href=\"#x", 8) != 0 || strspn(p + 8, "0123456789") != strcspn(p + 8, "\"")))
			return NULL;
		p += n;
		n = 0;
		if (*p != '=')
			continue;
		if (*++p != '"')
			return NULL;
		n = strcspn(++p, "\"<>&") + 1;
		if (p[n - 1] != '"')
			return NULL;
	}
	return *p == '>' ? p + 1 : NULL;
}

/* NULL: it is harmless; else what is not. */
static inline const char *pages_flaw(const char *html, size_t n)
{
	static const char *const references[] = {"&amp;", "&lt;", "&gt;", "&quot;", "&#39;"};
	const char *p = html;

	if (strncmp(p, "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'sha256-", 152) != 0)
		return "its beginning";
	while (p < html + n) {
		unsigned char c = (unsigned char)*p;
		bool known = false;

		if (strncmp(p, "<style>", 7) == 0) {
			if (strncmp(p + 7, page_style, strlen(page_style)) != 0 || strncmp(p + 7 + strlen(page_style), "</style>", 8) != 0)
				return p;
			p += 7 + strlen(page_style) + 8;
		} else if (c == '<') {
			const char *behind = pages_tag(p);

			if (!behind)
				return p;
			p = behind;
		} else if (c == '&') {
			for (size_t i = 0; i < 5 && !known; i++)
				known = strncmp(p, references[i], strlen(references[i])) == 0;
			if (!known)
				return p;
			p++;
		} else if ((c < 0x20 && c != '\n' && c != '\t') || c == 0x7f || (c == 0xc2 && (unsigned char)p[1] < 0xa0) || strncmp(p, "\xe2\x80\xae", 3) == 0) {
			return p;
		} else {
			p++;
		}
	}
	return NULL;
}

/* What a reader sees of it: without tags, references resolved; into out[n], cut there. */
static inline const char *pages_text(const char *html, char *out, size_t n)
{
	static const struct {
		const char *as;
		char c;
	} references[] = {{"&amp;", '&'}, {"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&#39;", '\''}};
	const char *p = strstr(html, "</style>");
	size_t len = 0;

	while (p && *p && len + 1 < n) {
		bool known = false;

		if (*p == '<') {
			p = strchr(p, '>') + 1;
			continue;
		}
		for (size_t i = 0; i < 5 && !known; i++)
			if (strncmp(p, references[i].as, strlen(references[i].as)) == 0) {
				known = true;
				out[len++] = references[i].c;
				p += strlen(references[i].as);
			}
		if (!known)
			out[len++] = *p++;
	}
	out[len] = '\0';
	return out;
}

#endif
