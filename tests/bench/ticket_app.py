"""Owns the peer that reelgate began as: the ticket's FastAPI code, run by `uvicorn ticket_app:app` with DATA_PATH set.

Does not better it: where it is slow, or wrong, so it is here.
SPDX-License-Identifier: MIT
"""
import os
from pathlib import Path
from typing import Generator

from fastapi import APIRouter, Depends, FastAPI, HTTPException, Request, status
from fastapi.responses import StreamingResponse
from sqlalchemy import Column, String
from sqlalchemy.ext.asyncio import AsyncSession, create_async_engine
from sqlalchemy.orm import declarative_base, sessionmaker

CHUNK_SIZE = 1024 * 1024  # 1 MiB

DATA_PATH = os.environ["DATA_PATH"]
Base = declarative_base()
engine = create_async_engine(f"sqlite+aiosqlite:///{DATA_PATH}/catalog.db")
async_session = sessionmaker(engine, expire_on_commit=False, class_=AsyncSession)


class Video(Base):
    __tablename__ = "videos"
    id = Column(String, primary_key=True)
    status = Column(String)


async def get_db():
    async with async_session() as session:
        yield session


class StreamingService:
    def __init__(self, data_path: str = None):
        self.data_path = Path(data_path or DATA_PATH)
        self.videos_path = self.data_path / "videos"

    def get_video_path(self, video_id: str) -> Path:
        path = self.videos_path / f"{video_id}.mp4"
        if not path.exists():
            raise HTTPException(status_code=status.HTTP_404_NOT_FOUND, detail=f"Video file not found: {video_id}")
        return path

    def get_file_size(self, path: Path) -> int:
        return path.stat().st_size

    def stream_file(self, path: Path, start: int = 0, end: int = None,
                    chunk_size: int = CHUNK_SIZE) -> Generator[bytes, None, None]:
        file_size = self.get_file_size(path)
        end = end or file_size - 1
        with open(path, "rb") as f:
            f.seek(start)
            remaining = end - start + 1
            while remaining > 0:
                data = f.read(min(chunk_size, remaining))
                if not data:
                    break
                remaining -= len(data)
                yield data


def parse_range_header(range_header: str, file_size: int) -> tuple[int, int]:
    if not range_header or not range_header.startswith("bytes="):
        return 0, file_size - 1
    range_spec = range_header[6:]
    if range_spec.startswith("-"):
        start = max(0, file_size - int(range_spec[1:]))
        end = file_size - 1
    elif range_spec.endswith("-"):
        start = int(range_spec[:-1])
        end = file_size - 1
    else:
        parts = range_spec.split("-")
        start = int(parts[0])
        end = int(parts[1]) if parts[1] else file_size - 1
    start = max(0, min(start, file_size - 1))
    end = max(start, min(end, file_size - 1))
    return start, end


router = APIRouter(prefix="/api", tags=["Streaming"])


@router.get("/stream/{video_id}")
async def stream_video(video_id: str, request: Request, db: AsyncSession = Depends(get_db)):
    video = await db.get(Video, video_id)
    if not video:
        raise HTTPException(status_code=status.HTTP_404_NOT_FOUND, detail="Video not found")
    if video.status != "complete":
        raise HTTPException(status_code=status.HTTP_404_NOT_FOUND, detail="Video download not complete")
    streaming = StreamingService()
    path = streaming.get_video_path(video_id)
    file_size = streaming.get_file_size(path)
    range_header = request.headers.get("range")
    start, end = parse_range_header(range_header, file_size)
    headers = {"Content-Type": "video/mp4", "Accept-Ranges": "bytes", "Content-Length": str(end - start + 1)}
    if range_header:
        headers["Content-Range"] = f"bytes {start}-{end}/{file_size}"
        return StreamingResponse(streaming.stream_file(path, start, end), status_code=status.HTTP_206_PARTIAL_CONTENT,
                                 headers=headers, media_type="video/mp4")
    return StreamingResponse(streaming.stream_file(path), status_code=status.HTTP_200_OK, headers=headers,
                             media_type="video/mp4")


app = FastAPI()
app.include_router(router)
