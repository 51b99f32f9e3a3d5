// The publisher: a server for its page, with Prebid.js bundled as it comes from npm.

import { build } from "esbuild";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const FOLDER = join(dirname(fileURLToPath(import.meta.url)), "../publisher");

export class Publisher {
  static async start() {
    const bundled = await build({
      entryPoints: [join(FOLDER, "ads.js")],
      bundle: true,
      write: false,
      logLevel: "warning",
    });
    const page = await readFile(join(FOLDER, "index.html"));
    const publisher = new Publisher({ "/": ["text/html", page], "/ads.js": ["text/javascript", bundled.outputFiles[0].contents] });
    await new Promise((resolve) => publisher.server.listen(0, "127.0.0.1", resolve));
    return publisher;
  }

  constructor(files) {
    this.server = createServer((request, response) => {
      const [type, body] = files[request.url] ?? [];
      response.writeHead(body ? 200 : 404, { "content-type": `${type ?? "text/plain"}; charset=utf-8` });
      response.end(body);
    });
  }

  get origin() {
    return `http://127.0.0.1:${this.server.address().port}`;
  }

  stop() {
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }
}
