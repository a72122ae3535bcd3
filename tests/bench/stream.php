<?php
// Owns the peer in PHP, after the usual recipe: fopen, fseek, and fread of 8 KiB in a loop with flush.
// SPDX-License-Identifier: MIT
$data = $_SERVER['DATA'];
$id = basename(parse_url($_SERVER['REQUEST_URI'], PHP_URL_PATH));

$catalog = new PDO("sqlite:$data/catalog.db");
$statement = $catalog->prepare('SELECT status FROM videos WHERE id = ?');
$statement->execute([$id]);
if ($statement->fetchColumn() !== 'complete') {
    http_response_code(404);
    exit;
}

$path = "$data/videos/$id.mp4";
$size = filesize($path);
$start = 0;
$end = $size - 1;
header('Content-Type: video/mp4');
header('Accept-Ranges: bytes');
if (preg_match('/^bytes=(\d+)-(\d*)$/', $_SERVER['HTTP_RANGE'] ?? '', $match)) {
    $start = (int)$match[1];
    $end = $match[2] === '' ? $end : min((int)$match[2], $end);
    http_response_code(206);
    header("Content-Range: bytes $start-$end/$size");
}
header('Content-Length: ' . ($end - $start + 1));

while (ob_get_level() > 0) {
    ob_end_clean();
}
set_time_limit(0);
$file = fopen($path, 'rb');
fseek($file, $start);
$left = $end - $start + 1;
while ($left > 0 && !feof($file)) {
    $part = fread($file, min(8192, $left));
    $left -= strlen($part);
    echo $part;
    flush();
}
fclose($file);
