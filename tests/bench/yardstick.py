"""What a good programmer writes first: FastAPI, pydantic and SQLAlchemy, one commit a request.

The bench of intake compares us with it. Its libraries are in an environment of the bench's own:
`python -m tests.bench.intake --yardstick` makes it.
"""

import contextlib
import os
import uuid
from typing import Annotated, Literal

from fastapi import FastAPI, Header
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ForeignKey, Text, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Point = Annotated[int, Field(ge=1, le=5)]
engine = create_async_engine(os.environ["YARDSTICK_DATABASE"], pool_size=16, max_overflow=0)
sessions = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Answer(Base):
    __tablename__ = "yardstick_answers"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    reference: Mapped[str] = mapped_column(unique=True)
    request_key: Mapped[str] = mapped_column(unique=True)
    area: Mapped[str] = mapped_column(index=True)
    answers: Mapped[dict] = mapped_column(JSONB)


class Comment(Base):
    __tablename__ = "yardstick_comments"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    answer: Mapped[uuid.UUID] = mapped_column(ForeignKey(Answer.id), index=True)
    body: Mapped[str] = mapped_column(Text)


class SentAnswers(BaseModel):
    model_config = ConfigDict(extra="forbid")
    age: Literal["18-24", "25-34", "35-44", "45-54", "55-64", "65+"]
    gender: Literal["female", "male", "other"]
    seen: Literal["yes", "no"]
    trust: Point
    support: Point
    listens: Point
    fair: Point
    comment: Annotated[str, Field(max_length=4_000)]


class Sent(BaseModel):
    model_config = ConfigDict(extra="forbid")
    area: str
    language: str = "en"
    answers: SentAnswers


class Receipt(BaseModel):
    reference: str
    again: bool = False


@contextlib.asynccontextmanager
async def lifespan(_):
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    yield


app = FastAPI(lifespan=lifespan)


@app.post("/answers", status_code=201)
async def create(sent: Sent, idempotency_key: Annotated[str, Header()]) -> Receipt:
    content = sent.answers.model_dump()
    words = content.pop("comment")
    async with sessions() as session:
        answer = Answer(
            id=uuid.uuid4(),
            reference=uuid.uuid4().hex[:8],
            request_key=idempotency_key,
            area=sent.area,
            answers=content,
        )
        session.add(answer)
        session.add(Comment(answer=answer.id, body=words))
        try:
            await session.commit()
        except IntegrityError:
            await session.rollback()
            known = select(Answer.reference).where(Answer.request_key == idempotency_key)
            return Receipt(reference=(await session.scalars(known)).one(), again=True)
        return Receipt(reference=answer.reference)
