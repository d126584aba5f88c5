import asyncio

from studies.runner.queue import FairQueue


async def waits(queue: FairQueue, key: str, served: list[str], gate: asyncio.Event) -> None:
    async with queue.place(key):
        served.append(key)
        await gate.wait()
        await asyncio.sleep(0)


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def test_no_more_than_the_bound_are_in_flight() -> None:
    queue, served, gate = FairQueue(2), [], asyncio.Event()
    tasks = [asyncio.create_task(waits(queue, str(number), served, gate)) for number in range(5)]
    await settle()
    assert (len(served), queue.waiting) == (2, 3)
    gate.set()
    await asyncio.gather(*tasks)
    assert (len(served), queue.free, queue.waiting) == (5, 2, 0)


async def test_who_asks_for_much_holds_nobody_up() -> None:
    queue, served, gate = FairQueue(1), [], asyncio.Event()
    tasks = [asyncio.create_task(waits(queue, key, served, gate)) for key in ["a", "a", "a", "a", "b", "c"]]
    await settle()
    gate.set()
    await asyncio.gather(*tasks)
    assert served == ["a", "a", "b", "c", "a", "a"]


async def test_who_leaves_the_queue_takes_no_place_with_them() -> None:
    queue, served, gate = FairQueue(1), [], asyncio.Event()
    first, second, third = (asyncio.create_task(waits(queue, key, served, gate)) for key in "abc")
    await settle()
    second.cancel()
    gate.set()
    await asyncio.gather(first, second, third, return_exceptions=True)
    assert (served, queue.free) == (["a", "c"], 1)


async def test_a_place_given_in_the_moment_of_leaving_goes_on_to_the_next() -> None:
    queue = FairQueue(1)
    await queue._take("a")
    leaving = asyncio.create_task(queue._take("b"))
    await settle()
    queue._give()
    leaving.cancel()
    await asyncio.gather(leaving, return_exceptions=True)
    assert queue.free == 1
