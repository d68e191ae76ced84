/// Frame readers that are wrong, one way each, and the law that must catch it.
module BitcoinSock.Properties.FrameCanaries

open System
open System.Threading
open Expecto
open BitcoinSock
open BitcoinSock.Model
open BitcoinSock.Properties.Property
open BitcoinSock.Properties.FrameCases
open BitcoinSock.Properties.FrameProperties
open BitcoinSock.Properties.FrameReaders

[<RequireQualifiedAccess>]
type Defect =
    | None
    | ``takes all that it has seen``
    | ``does not compare what it takes with what it saw``
    | ``misses a terminator across the border of two windows``
    | ``keeps the part of a frame to itself``
    | ``looks at the limit of one frame only``
    | ``gives the part behind a batch as a frame``
    | ``looks at the clock after the last byte``
    | ``forgets what came of a frame``
    | ``begins a frame anew behind what came of it``
    | ``consumes all that it has seen when it settles``
    | ``says that it is settled, and is not``
    | ``peeks before it settles``

/// A plain reader of frames, right but for its defect.
let reader defect (case: FrameCase) (sock: ISock) : Reader =
    let is other = (defect = other)
    let mutable view: byte[] = [||]
    let mutable taken: byte[] = [||]

    // Returned, and not consumed yet.
    let mutable owed: byte[] = [||]

    let recv flags count =
        let buffer = Array.zeroCreate count
        let result = sock.Recv(Span buffer, flags ||| SockFlags.DontWait)
        result, Array.truncate result.Count buffer

    // Whether all that is owed is consumed.
    let settle () =
        let isBlind = is Defect.``consumes all that it has seen when it settles``
        let wanted = if isBlind then Array.append owed view else owed
        let result, bytes = recv SockFlags.None wanted.Length

        if result.IsError && NetworkError.IoErrorIsPermanent result.Error then
            Error(SockStatus.Failed, result.Error)
        elif result.IsError then
            Ok false
        elif bytes = [||] || bytes <> Array.truncate bytes.Length wanted then
            taken <- bytes
            owed <- [||]
            view <- [||]
            Error(SockStatus.Inconsistent, 0)
        else
            view <- Array.skip (max 0 (bytes.Length - owed.Length)) view
            owed <- Array.skip (min owed.Length bytes.Length) owed
            Ok(owed = [||])

    let readSome count (interrupt: CancellationToken) =
        let start = sock.Clock.GetTimestamp()

        // The frames that are whole, and the part behind them.
        let split (bytes: byte[]) =
            let frames = whole case.Terminator bytes
            let length = frames |> List.sumBy (fun f -> f.Length + case.Terminator.Length)
            frames, Array.skip length bytes

        let ended status error =
            let frames, part = split taken

            let frames =
                if is Defect.``gives the part behind a batch as a frame`` && part <> [||] then
                    frames @ [ part ]
                else
                    frames

            let bytes =
                if is Defect.``keeps the part of a frame to itself`` && status <> SockStatus.Ok then
                    Array.truncate (taken.Length - part.Length) taken
                else
                    taken

            let length =
                if count = 1 && status = SockStatus.Ok then
                    frames[0].Length
                else
                    bytes.Length

            {
                Outcome = SockOutcome(status, length, error)
                Frames = frames
                Bytes = bytes
                Kept = [||]
            }

        let isLong (frame: byte[]) =
            frame.Length + case.Terminator.Length > case.Limit

        // How much of the view belongs to as many frames as are wanted.
        let wanted () =
            let done', part = split taken

            let known =
                if is Defect.``misses a terminator across the border of two windows`` then
                    Array.append (Array.replicate part.Length 0uy) view
                else
                    Array.append part view

            let frames =
                whole case.Terminator known
                |> List.truncate (count - done'.Length)
                |> List.takeWhile (fun frame ->
                    not (isLong frame)
                    || count > 1 && is Defect.``looks at the limit of one frame only``)

            match List.sumBy (fun (f: byte[]) -> f.Length + case.Terminator.Length) frames with
            | 0 -> 0
            | _ when is Defect.``takes all that it has seen`` -> view.Length
            | length -> length - part.Length

        let peekBehind () =
            let result, shown = recv SockFlags.Peek case.Window
            let common = min shown.Length view.Length

            if
                result.Count >= 0
                && view.Length > 0
                && (common = 0 || shown[.. common - 1] <> view[.. common - 1])
            then
                view <- [||]
                Error(ended SockStatus.Inconsistent 0)
            elif result.Count = 0 then
                Error(ended SockStatus.Closed 0)
            elif result.IsError && NetworkError.IoErrorIsPermanent result.Error then
                Error(ended SockStatus.Failed result.Error)
            else
                if result.Count > 0 then
                    view <- shown

                Ok(result.Count > 0)

        let peek () =
            if owed = [||] || is Defect.``peeks before it settles`` then
                peekBehind ()
            else
                match settle () with
                | Ok true -> peekBehind ()
                | Ok false -> Ok false
                | Error(status, error) -> Error(ended status error)

        let take count =
            let result, bytes = recv SockFlags.None count

            if result.IsError then
                if NetworkError.IoErrorIsPermanent result.Error then
                    Error(ended SockStatus.Failed result.Error)
                else
                    Ok false
            else
                let common = min bytes.Length view.Length
                let isRight = bytes <> [||] && bytes = view[.. common - 1]
                let isBlind = is Defect.``does not compare what it takes with what it saw``
                taken <- Array.append taken (if isBlind then view[.. common - 1] else bytes)
                view <- if isRight || isBlind then view[common..] else [||]

                if isRight || isBlind then
                    Ok true
                else
                    Error(ended SockStatus.Inconsistent 0)

        let takeFrames count =
            if case.IsDeferred then
                taken <- Array.append taken view[.. count - 1]
                owed <- Array.append owed view[.. count - 1]
                view <- view[count..]
                Ok true
            else
                take count

        let step () =
            match wanted () with
            | 0 ->
                let settles = owed <> [||]

                match peek () with
                | Ok true ->
                    match wanted () with
                    | 0 when settles -> Ok true
                    | 0 -> take (min view.Length (case.Limit - (snd (split taken)).Length))
                    | some -> takeFrames some
                | other -> other
            | some -> takeFrames some

        let isLate () =
            sock.Clock.GetElapsedTime start >= timeout

        let rec go rounds =
            let _, part = split taken

            if part.Length >= case.Limit || rounds = 0 then
                ended SockStatus.TooLong 0
            else
                match step () with
                | Error got -> got
                | Ok moved ->
                    let frames, part = split taken
                    let isDone = not frames.IsEmpty && part = [||]

                    if
                        isDone
                        && not (isLate () && is Defect.``looks at the clock after the last byte``)
                    then
                        ended SockStatus.Ok 0
                    elif part.Length >= case.Limit then
                        ended SockStatus.TooLong 0
                    elif isLate () then
                        ended SockStatus.Timeout 0
                    elif interrupt.IsCancellationRequested then
                        ended SockStatus.Interrupted 0
                    elif moved then
                        go (rounds - 1)
                    else
                        let mutable occurred = SockEvents.None
                        let left = max TimeSpan.Zero (timeout - sock.Clock.GetElapsedTime start)
                        let waited = sock.Wait(left, SockEvents.Recv, &occurred, interrupt)

                        if waited.IsError && NetworkError.IoErrorIsPermanent waited.Error then
                            ended SockStatus.Failed waited.Error
                        else
                            go (rounds - 1)

        let isGone = is Defect.``forgets what came of a frame``
        let isNew = is Defect.``begins a frame anew behind what came of it``
        let got = go 300
        let _, part = split taken
        let isKept = case.IsKept && got.Outcome.Status <> SockStatus.Inconsistent

        taken <- if isKept && not isGone && not isNew then part else [||]

        { got with
            Kept = if isGone || not isKept then [||] else part
        }

    let rec settled tries =
        owed = [||]
        || is Defect.``says that it is settled, and is not``
        || tries > 0
           && (match settle () with
               | Ok _ -> settled (tries - 1)
               | Error _ -> false)

    {
        Read = readSome
        Settle = fun _ -> settled 5
    }

/// Each defect, and the number of the law that must catch it.
let private caughtBy =
    [
        Defect.``takes all that it has seen``, 5
        Defect.``does not compare what it takes with what it saw``, 6
        Defect.``misses a terminator across the border of two windows``, 5
        Defect.``keeps the part of a frame to itself``, 6
        Defect.``looks at the limit of one frame only``, 7
        Defect.``gives the part behind a batch as a frame``, 34
        Defect.``looks at the clock after the last byte``, 8
        Defect.``forgets what came of a frame``, 6
        Defect.``begins a frame anew behind what came of it``, 34
        Defect.``consumes all that it has seen when it settles``, 6
        Defect.``says that it is settled, and is not``, 36
        Defect.``peeks before it settles``, 34
    ]

/// The smallest case that catches it is printed for a person to read.
let private isCaught (defect, law: int) =
    let breaks case =
        broken (reader defect) case
        |> List.filter _.StartsWith($"{law} ", StringComparison.Ordinal)

    let tellWhy case = $"{tell case}\n{breaks case}"
    caught $"law {law} catches a reader that {defect}" 20_000 arb breaks tellWhy

let tests =
    testList
        "frame canaries"
        [
            holds
                "the reader that the canaries are made of is right"
                5_000
                arb
                (broken (reader Defect.None))
                tell

            testList "each is caught by its law" (List.map isCaught caughtBy)
        ]
