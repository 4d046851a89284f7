/* token_show.c - ee-measure token show: what a token says. */
#include "lib/text.h"
#include "measure/cli/token.h"
#include "measure/lib/jwt.h"

static const struct cli_opt opts[] = { { NULL, NULL, NULL, 0 } };

static bool is_space(uint8_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

int cli_token_read(const char *path, struct cli_file *file, struct slice *token)
{
	/* A limit above the parser's, which says so better. */
	int rc = cli_read(path, 2 * JWT_MAX_BYTES, file);
	struct slice s;

	if (rc != CLI_DONE)
		return rc;
	s = file->data;
	while (s.len > 0 && is_space(s.ptr[s.len - 1]))
		s.len--;
	*token = s;
	return CLI_DONE;
}

/* JSON of the token's own making, for a terminal: nothing but plain ASCII. */
static void put_plain(struct wr *w, struct json v)
{
	size_t start = w->len;

	json_write(w, v);
	for (size_t i = start; w->err == ERR_OK && i < w->len; i++)
		if (w->buf[i] < ' ' || w->buf[i] > '~')
			w->buf[i] = '?';
}

static void put_key(struct wr *w, const char *key)
{
	for (; *key != '\0'; key++)
		wr_u8(w, *key < ' ' || *key > '~' ? '?' : (uint8_t)*key);
}

/* One line a member, and of an object in it one line each: where version 2 has
 * the claims of the TD. */
static void put_members(struct wr *w, const char *prefix, struct json object)
{
	for (struct json v = json_first(object); v.node != NULL;
	     v = json_next(v)) {
		struct json in = json_first(v);

		if (!json_is_object(v) || in.node == NULL) {
			wr_fmt(w, "%s.", prefix);
			put_key(w, json_key(v));
			wr_str(w, ": ");
			put_plain(w, v);
			wr_str(w, "\n");
			continue;
		}
		for (; in.node != NULL; in = json_next(in)) {
			wr_fmt(w, "%s.", prefix);
			put_key(w, json_key(v));
			wr_str(w, ".");
			put_key(w, json_key(in));
			wr_str(w, ": ");
			put_plain(w, in);
			wr_str(w, "\n");
		}
	}
}

static void put_text(struct wr *w, const struct jwt *t)
{
	wr_str(w, "nothing is verified\n");
	put_members(w, "header", t->header);
	put_members(w, "claims", t->claims);
	wr_str(w, "signature: ");
	wr_hex(w, (struct slice){ t->signature, t->signature_len });
	wr_str(w, "\n");
}

static void put_json(struct wr *w, const struct jwt *t)
{
	wr_str(w, "{\"claims\":");
	json_write(w, t->claims);
	wr_str(w, ",\"header\":");
	json_write(w, t->header);
	wr_str(w, ",\"signature\":\"");
	wr_hex(w, (struct slice){ t->signature, t->signature_len });
	wr_str(w, "\",\"verified\":false}\n");
}

static int run(const struct cli *c)
{
	/* Escapes make a text at most six times as long. */
	static uint8_t text[8 * JWT_MAX_BYTES], mem[JWT_ARENA];
	struct arena a = arena_over(mem, sizeof mem);
	struct wr w = wr_over(text, sizeof text);
	const char *what = "";
	struct cli_file file;
	struct slice token;
	struct jwt t;
	int rc = cli_token_read(c->operand[0], &file, &token);
	enum err e;

	if (rc != CLI_DONE)
		return rc;
	e = jwt_parse(&a, token, &t, &what);
	if (e == ERR_OK && c->json)
		put_json(&w, &t);
	else if (e == ERR_OK)
		put_text(&w, &t);
	cli_close(&file);
	if (e != ERR_OK)
		return cli_fail(CLI_MALFORMED, "%s: not a signed token: %s: %s",
				c->operand[0], what, err_text(e));
	if (wr_end(&w) == ERR_VALUE)
		return cli_fail(CLI_MALFORMED,
				"%s: a number in it is not an integer",
				c->operand[0]);
	if (wr_end(&w) != ERR_OK)
		return cli_fail(CLI_INTERNAL, "the output does not fit");
	return cli_print(wr_slice(&w));
}

const struct cli_cmd cmd_token_show = {
	.name = "token show",
	.operands = "FILE",
	.noperands = 1,
	.summary = "print what a token says; nothing is verified",
	.opts = opts,
	.run = run,
};
