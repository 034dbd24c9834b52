// The usual cache server in JavaScript: GET /key answers with the bytes that Redis keeps under it.
// Usage: node server.mjs PORT REDIS-PORT
import http from "node:http";
import { Redis } from "ioredis";

const [port, redisPort] = process.argv.slice(2).map(Number);
const redis = new Redis({ host: "127.0.0.1", port: redisPort });

http.createServer(async (request, response) => {
	const body = await redis.getBuffer(request.url.slice(1));
	response.writeHead(body ? 200 : 404, { "Content-Type": "application/json", "Content-Length": body ? body.length : 0 });
	response.end(body ?? "");
}).listen(port, "127.0.0.1");
