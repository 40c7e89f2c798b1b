import type { ProxyKind } from '../../proxies.ts';

export const INSTALL = 'apt-get install nginx-light, or brew install nginx';
export const KEPT_SECONDS = 1;

/**
 * nginx as a cache that does what the services' headers say, and asks with their validators whether what it has is still current.
 * nginx keeps nothing that says `no-cache`: revocation lists are kept only where that is overruled.
 */
export function cachingNginx({ keepsLists }: { readonly keepsLists: boolean }): ProxyKind {
  return {
    program: 'nginx',
    versionFlag: '-v',
    install: INSTALL,
    configuration: (port, upstream, folder) => `
daemon off; master_process off; pid ${folder}/pid; error_log stderr crit;
events { worker_connections 512; }
http {
  access_log off; client_body_temp_path ${folder}/body; proxy_temp_path ${folder}/proxy;
  fastcgi_temp_path ${folder}/fastcgi; uwsgi_temp_path ${folder}/uwsgi; scgi_temp_path ${folder}/scgi;
  proxy_cache_path ${folder}/cache keys_zone=lab:1m use_temp_path=off;
  upstream system { server 127.0.0.1:${upstream}; keepalive 32; }
  proxy_http_version 1.1; proxy_set_header Connection ""; proxy_set_header Host $http_host;
  proxy_cache lab; proxy_cache_lock on; proxy_cache_lock_timeout 500ms; proxy_cache_revalidate on;
  add_header X-Cache $upstream_cache_status always;
  server {
    listen 127.0.0.1:${port};
    ${keepsLists ? `location /auth/status-lists { proxy_ignore_headers Cache-Control; proxy_cache_valid 200 ${KEPT_SECONDS}s; proxy_pass http://system; }` : ''}
    location / { proxy_pass http://system; }
  }
}`,
    args: (file) => ['-c', file],
  };
}
