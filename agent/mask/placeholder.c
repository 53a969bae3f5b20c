#include "placeholder.h"

#include "secret.h"

size_t placeholder_at(struct scan *s, enum entity *entity)
{
	size_t j = s->i + 1, from = j, n = 0;
	char name[34];

	if (scan_at(s, s->i) != '[')
		return 0;
	while (j < from + 33 && ((scan_at(s, j) >= 'A' && scan_at(s, j) <= 'Z') || scan_at(s, j) == '_' || (j > from && is_digit(scan_at(s, j)))))
		name[n++] = (char)scan_at(s, j++);
	if (j == from)
		return 0;
	name[n] = '\0';
	if (!entity_parse(name, entity))
		*entity = ENTITY_CUSTOM;
	if (scan_at(s, j) == '-' || scan_at(s, j) == ':')
		for (j++, from = j; j < from + 8 && is_alnum(scan_at(s, j)); j++)
			;
	if (scan_at(s, from - 1) == '-' && j > from && scan_at(s, j) == ':')           /* a token, with what its operator shows */
		for (j++, from = j; j < from + 8 && (is_alnum(scan_at(s, j)) || scan_at(s, j) == '+'); j++)
			;
	if (scan_at(s, j) != ']')
		return 0;
	for (size_t k = s->secret_at; k < j; k = secret_next(s->secret, s->r, k + 1))
		if (secret_end(s, k))
			return 0;
	return j + 1;
}
