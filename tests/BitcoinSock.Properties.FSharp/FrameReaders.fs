/// What reads the frames of a case: the library's reader, in all its forms.
module BitcoinSock.Properties.FrameReaders

open System
open System.Threading
open BitcoinSock
open BitcoinSock.Properties.FrameCases

/// What one read gave: the frames, the bytes that it tells of, and those that stay with the reader.
type Got =
    {
        Outcome: SockOutcome
        Frames: byte[] list
        Bytes: byte[]
        Kept: byte[]
    }

/// A reader that is at work.
type Reader =
    {
        /// How many frames, and the interrupt.
        Read: int -> CancellationToken -> Got
        /// Whether the descriptor is said to stand behind what was returned.
        Settle: CancellationToken -> bool
    }

let timeout = TimeSpan.FromMilliseconds 100.0

/// The library's.
let library (case: FrameCase) (sock: ISock) : Reader =
    let reader =
        new FrameReader(
            sock,
            ReadOnlySpan case.Terminator,
            case.Limit,
            case.Window,
            IsDeferred = case.IsDeferred
        )

    let tryRead (interrupt: CancellationToken) =
        if case.IsAwaited then
            let struct (outcome, frame) =
                reader.TryReadAsync(timeout, interrupt).AsTask().Result

            outcome, frame.ToArray()
        else
            let mutable frame = ReadOnlySpan()
            let outcome = reader.TryRead(&frame, timeout, interrupt)
            outcome, frame.ToArray()

    let readOne interrupt =
        let outcome, bytes = tryRead interrupt

        if outcome.IsOk then
            outcome, [ bytes ], Array.append bytes case.Terminator
        else
            outcome, [], bytes

    let readBatch count interrupt =
        let ranges: Range[] = Array.zeroCreate count

        if case.IsAwaited then
            let struct (outcome, count, bytes) =
                reader.TryReadBatchAsync(ranges.AsMemory(), timeout, interrupt).AsTask().Result

            let bytes = bytes.ToArray()

            let frame (range: Range) =
                bytes[range.Start.Value .. range.End.Value - 1]

            outcome, ranges |> Array.truncate count |> Array.map frame |> List.ofArray, bytes
        else
            let mutable batch = FrameBatch()
            let outcome = reader.TryReadBatch(Span ranges, &batch, timeout, interrupt)
            let mutable frames = []

            for i in batch.Count - 1 .. -1 .. 0 do
                frames <- batch[i].ToArray() :: frames

            outcome, frames, batch.Bytes.ToArray()

    let settle interrupt =
        if case.IsAwaited then
            reader.TrySettleAsync(timeout, interrupt).AsTask().Result
        else
            reader.TrySettle(timeout, interrupt)

    let read count interrupt =
        let outcome, frames, bytes =
            if count = 1 then
                readOne interrupt
            else
                readBatch count interrupt

        if
            not outcome.IsOk
            && (not case.IsKept || outcome.Status = SockStatus.Inconsistent)
        then
            reader.TakePartial() |> ignore

        {
            Outcome = outcome
            Frames = frames
            Bytes = bytes
            Kept = reader.Partial.ToArray()
        }

    {
        Read = read
        Settle = fun interrupt -> (settle interrupt).IsOk
    }
