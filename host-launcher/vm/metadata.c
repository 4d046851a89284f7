#include "host-launcher/vm/metadata.h"

#include "lib/http1.h"
#include "lib/proto.h"

#define METADATA_SERVER METADATA_HEADER "Server: Metadata Server for VM\r\n"

static int status_of(const struct http_msg *m)
{
	if (http_header(m, "X-Forwarded-For").len > 0)
		return 403; /* somebody relays a stranger's request */
	if (!slice_is(http_header(m, "Metadata-Flavor"), "Google"))
		return 403;
	if (!slice_is(m->path, METADATA_PATH))
		return 404;
	return slice_is(m->method, "GET") ? 200 : 405;
}

enum err metadata_answer(uint8_t *buf, size_t len, struct slice config,
			 struct wr *out)
{
	struct http_msg m;
	struct slice body;
	int status = 400;
	enum err e = http_request_parse(buf, len, 0, &m);

	if (e == ERR_AGAIN)
		return e;
	if (e == ERR_OK)
		status = status_of(&m);
	body = status == 200 ? config : str_slice(http_status_text(status));
	http_write_response(out, status,
			    status == 200 ? "application/text" : "text/plain",
			    METADATA_SERVER, false, body);
	return wr_end(out);
}
