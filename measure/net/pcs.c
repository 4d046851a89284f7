#include "measure/net/pcs.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "lib/text.h"
#include "measure/lib/pck.h"

#define TDX_ROUTE "/tdx/certification/v4"
#define SGX_ROUTE "/sgx/certification/v4"

enum {
	HTTP_NOT_FOUND = 404,
	HTTP_GONE = 410
};

static const char *const ca_names[] = { "platform", "processor" };
static const char *const ca_cns[] = { PCK_PLATFORM_CA, PCK_PROCESSOR_CA };

const char *pcs_ca_name(enum pcs_ca ca)
{
	return ca == PCS_PROCESSOR ? ca_names[1] : ca_names[0];
}

enum err pcs_ca_parse(struct slice in, enum pcs_ca *out)
{
	if (slice_is(in, ca_names[PCS_PLATFORM]))
		*out = PCS_PLATFORM;
	else if (slice_is(in, ca_names[PCS_PROCESSOR]))
		*out = PCS_PROCESSOR;
	else
		return ERR_UNKNOWN;
	return ERR_OK;
}

enum err pcs_key_check(const char *api_key)
{
	size_t n = strlen(api_key);

	if (n >= PCS_MAX_KEY)
		return ERR_LIMIT;
	for (size_t i = 0; i < n; i++)
		if (api_key[i] <= ' ' || api_key[i] > '~')
			return ERR_VALUE;
	return n > 0 ? ERR_OK : ERR_VALUE;
}

/* What is under way, for the steps below. */
struct fetch {
	const struct pcs_opts *o;
	const uint8_t *fmspc;
	enum pcs_ca ca;
	struct collateral_parts parts;
	struct arena keep, scratch;
	char headers[PCS_MAX_KEY + 64]; /* secret */
	char *why;
};

/* Says why, cut to what there is room for, and returns e. */
__attribute__((format(printf, 3, 4))) static enum err
refuse(const struct fetch *f, enum err e, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	(void)vsnprintf(f->why, PCS_WHY, fmt, ap);
	va_end(ap);
	return e;
}

/* What was asked for, behind the route. */
static void put_version(struct wr *w, const struct pcs_opts *o, char sep)
{
	if (o->early)
		wr_fmt(w, "%cupdate=early", sep);
	if (o->evaluation_number != 0)
		wr_fmt(w, "%ctcbEvaluationDataNumber=%u", sep,
		       (unsigned)o->evaluation_number);
}

static enum err make_path(const struct fetch *f, enum pcs_document d,
			  char path[static WEB_PATH_BYTES])
{
	struct wr w = wr_over(path, WEB_PATH_BYTES);

	switch (d) {
	case PCS_TCB_INFO:
		wr_str(&w, TDX_ROUTE "/tcb?fmspc=");
		for (size_t i = 0; i < 6; i++)
			wr_fmt(&w, "%02X", f->fmspc[i]);
		put_version(&w, f->o, '&');
		break;
	case PCS_QE_IDENTITY:
		wr_str(&w, TDX_ROUTE "/qe/identity");
		put_version(&w, f->o, '?');
		break;
	case PCS_PCK_CRL:
		wr_fmt(&w, SGX_ROUTE "/pckcrl?ca=%s&encoding=der",
		       pcs_ca_name(f->ca));
		break;
	case PCS_ROOT_CRL:
		if (f->o->root_crl.host[0] == '\0')
			wr_str(&w, SGX_ROUTE "/rootcacrl");
		else /* the URL is that of the file itself */
			wr_str(&w, f->o->root_crl.path);
		break;
	case PCS_DOCUMENTS:
	default:
		return ERR_STATE;
	}
	wr_u8(&w, 0);
	return wr_end(&w);
}

static void open_web(struct fetch *f, const struct web_url *url)
{
	const struct pcs_opts *o = f->o;
	struct web_opts w = { .url = *url,
			      .anchors = o->anchors,
			      .rng = o->rng,
			      .now_s = o->tls_now_s != 0 ? o->tls_now_s
							 : o->now_s,
			      .patience = o->patience,
			      .time = o->time,
			      .max_body = PCS_MAX_BODY,
			      .buf = o->work->wire,
			      .buf_len = sizeof o->work->wire };

	web_init(&o->work->web, &w);
}

/* The one status that says something about the question. */
static enum err not_found(const struct fetch *f, int status)
{
	char hex[13];

	hex_encode((struct slice){ f->fmspc, 6 }, hex);
	return refuse(
		f, ERR_MISSING,
		"TCB info: the service knows none for FMSPC %s%s (%d)", hex,
		f->o->evaluation_number != 0 ? " with this evaluation number"
					     : "",
		status);
}

static enum err ask(struct fetch *f, enum pcs_document d, const char *headers)
{
	struct web *w = &f->o->work->web;
	const char *name = pcs_document_name(d), *what = "";
	char path[WEB_PATH_BYTES];
	struct web_request r = { .method = "GET",
				 .path = path,
				 .headers = headers };
	struct http_msg res;
	enum err e = make_path(f, d, path);

	if (e == ERR_OK)
		e = web_ask(w, &r, &res);
	if (e == ERR_OK && d == PCS_TCB_INFO &&
	    (res.status == HTTP_NOT_FOUND || res.status == HTTP_GONE))
		return not_found(f, res.status);
	if (e == ERR_OK)
		e = web_need_200(w, &res);
	if (e != ERR_OK) /* a name that does not resolve is no 404 */
		return refuse(f, e == ERR_MISSING ? ERR_IO : e, "%s: %s", name,
			      w->why);
	e = pcs_answer(d, &res, &f->keep, &f->scratch, &f->parts, &what);
	if (e == ERR_OK)
		return ERR_OK;
	return refuse(f, e == ERR_LIMIT ? e : ERR_VALUE,
		      "%s: the answer has %s", name, what);
}

/* The root CRL last: it may be another server's, which gets no API key. */
static enum err ask_all(struct fetch *f)
{
	bool own_root = f->o->root_crl.host[0] == '\0';
	struct web *w = &f->o->work->web;
	enum err e = ERR_OK;

	open_web(f, &f->o->service);
	for (int d = PCS_TCB_INFO; e == ERR_OK && d <= PCS_PCK_CRL; d++)
		e = ask(f, (enum pcs_document)d, f->headers);
	if (e == ERR_OK && own_root)
		e = ask(f, PCS_ROOT_CRL, f->headers);
	web_done(w);
	if (e == ERR_OK && !own_root) {
		struct web_url host = f->o->root_crl;

		host.path[0] = '\0';
		open_web(f, &host);
		e = ask(f, PCS_ROOT_CRL, "");
		web_done(w);
	}
	return e;
}

/* The answers came one by one; now they have to be one. */
static enum err judge(const struct fetch *f, struct slice bundle)
{
	struct arena a = f->scratch;
	struct collateral_judgement j;
	struct collateral c;
	const char *what = "";
	enum err e = collateral_parse(&a, bundle, &c, &what);

	if (e == ERR_LIMIT || e == ERR_SPACE)
		return refuse(f, ERR_LIMIT, "the bundle is too large");
	if (e != ERR_OK)
		return refuse(f, ERR_VALUE, "%s: %s", what, err_text(e));
	if (memcmp(c.tcb_info.fmspc, f->fmspc, sizeof c.tcb_info.fmspc) != 0)
		return refuse(f, ERR_MISMATCH,
			      "TCB info: the answer is for another FMSPC");
	if (!slice_is(c.pck_ca.cert.subject_cn, ca_cns[f->ca == PCS_PROCESSOR]))
		return refuse(f, ERR_MISMATCH,
			      "PCK CRL: the answer is of another CA");
	collateral_authenticate(&c);
	collateral_check(&c, f->o->roots, f->o->now_s, &j);
	if (j.reason == REASON_OK)
		return ERR_OK;
	return refuse(f,
		      j.reason == REASON_EXPIRED ||
				      j.reason == REASON_NOT_YET_VALID
			      ? ERR_EXPIRED
			      : ERR_SIGNATURE,
		      "%s %s", reason_code(j.reason), j.detail);
}

/* Options that say two things, or too little. */
static const char *contradiction(const struct pcs_opts *o)
{
	if (o->early && o->evaluation_number != 0)
		return "update=early and an evaluation number exclude each "
		       "other";
	if (!o->pccs && o->root_crl.host[0] == '\0')
		return "Intel's PCS has no root CRL: its own URL is needed";
	if (o->api_key != NULL && pcs_key_check(o->api_key) != ERR_OK)
		return "the API key is not one line of visible characters";
	return NULL;
}

static enum err run(struct fetch *f, struct wr *bundle)
{
	size_t at = bundle->len;
	enum err e = ask_all(f);

	if (e != ERR_OK)
		return e;
	e = collateral_write(bundle, &f->parts);
	wr_str(bundle, "\n");
	if (e == ERR_OK)
		e = wr_end(bundle);
	if (e == ERR_OK)
		e = judge(f,
			  (struct slice){ bundle->buf + at, bundle->len - at });
	else
		(void)refuse(f, e, "the bundle: %s", err_text(e));
	if (e != ERR_OK) {
		bundle->len = at;
		bundle->err = ERR_OK;
	}
	return e;
}

enum err pcs_fetch(const struct pcs_opts *o, const uint8_t fmspc[static 6],
		   enum pcs_ca ca, struct wr *bundle, char why[static PCS_WHY])
{
	struct fetch f = {
		.o = o,
		.fmspc = fmspc,
		.ca = ca,
		.keep = arena_over(o->work->parts, sizeof o->work->parts),
		.scratch = arena_over(o->work->arena, sizeof o->work->arena),
		.why = why,
	};
	const char *wrong = contradiction(o);
	enum err e;

	why[0] = '\0';
	if (wrong != NULL)
		return refuse(&f, ERR_STATE, "%s", wrong);
	if (wr_end(bundle) != ERR_OK)
		return wr_end(bundle);
	if (o->api_key != NULL)
		(void)snprintf(f.headers, sizeof f.headers,
			       "Ocp-Apim-Subscription-Key: %s\r\n", o->api_key);
	e = run(&f, bundle);
	wipe(f.headers, sizeof f.headers);
	return e;
}
