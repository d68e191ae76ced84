namespace BitcoinSock.Model

open System
open System.Diagnostics
open System.Threading
open BitcoinSock

/// What an await costs while nothing happens, and when it is cut.
[<RequireQualifiedAccess>]
module internal Idle =

    /// What was allocated, and how often something was thrown.
    type private Cost =
        {
            Bytes: int64
            Thrown: int
        }

        static member none = { Bytes = 0L; Thrown = 0 }

        static member most =
            {
                Bytes = Int64.MaxValue
                Thrown = Int32.MaxValue
            }

        static member least first second =
            {
                Bytes = min first.Bytes second.Bytes
                Thrown = min first.Thrown second.Thrown
            }

        static member greatest first second =
            {
                Bytes = max first.Bytes second.Bytes
                Thrown = max first.Thrown second.Thrown
            }

    // What is measured is of the process.
    let private during (time: TimeSpan) =
        let thrown = ref 0

        let count =
            EventHandler<_>(fun _ _ -> Interlocked.Increment(&thrown.contents) |> ignore)

        AppDomain.CurrentDomain.FirstChanceException.AddHandler count

        try
            let before = GC.GetTotalAllocatedBytes true
            Thread.Sleep time
            let after = GC.GetTotalAllocatedBytes true

            {
                Bytes = after - before
                Thrown = thrown.Value
            }
        finally
            AppDomain.CurrentDomain.FirstChanceException.RemoveHandler count

    /// Longer than a slice: who looks round once in one is seen.
    let private idle = TimeSpan.FromSeconds 1.1

    // All that are measured in this process are so at the same times, and prepare in between: one
    // is no noise to the other.
    let private untilNextTurn () =
        let turn = Stopwatch.Frequency * 3L / 2L
        let left = turn - Stopwatch.GetTimestamp() % turn
        Thread.Sleep(TimeSpan.FromSeconds(float left / float Stopwatch.Frequency))

    // Others in this process make noise. Whatever it is that the awaits cost, they cost it each
    // time: so it counts only if the least of several tries is more than it may be, and much more
    // than the noise without them.
    let private tries = 4

    let private many = 20

    /// For each of the awaits: who looks round once makes more.
    let private little = 100L

    let private law = "41 IdleIsFree"

    // So is what is left behind: one looks after the other, and nobody makes pairs meanwhile.
    let private gate = obj ()

    let private costsNothing (backend: Backend) (pair: BackendPair) =
        let others =
            lock gate (fun () -> List.init (many - 1) (fun _ -> backend.CreatePair()))

        try
            let rec look left (cost: Cost) (noise: Cost) =
                use interrupt = new CancellationTokenSource()

                let awaits =
                    [
                        for each in pair :: others ->
                            (Awaits.beginAwait each.Sock interrupt.Token).AsTask()
                    ]

                // What they begin by may still be under way.
                Thread.Sleep 20
                untilNextTurn ()
                let cost = Cost.least cost (during idle)
                interrupt.Cancel()
                awaits |> List.iter (Loops.inTime >> ignore)
                let bytes = little * int64 many
                let isQuiet = noise.Bytes <= bytes && noise.Thrown = 0

                if cost.Bytes <= bytes && cost.Thrown = 0 then
                    []
                elif left > 1 && left < tries && isQuiet then
                    look (left - 1) cost noise
                elif left > 1 then
                    untilNextTurn ()
                    look (left - 1) cost (Cost.greatest noise (during idle))
                elif cost.Bytes > bytes + 2L * noise.Bytes then
                    [ $"{law}: {many} awaits that wait allocate {cost.Bytes} bytes a second" ]
                elif cost.Thrown > 2 * noise.Thrown then
                    [ $"{law}: {many} awaits that wait throw {cost.Thrown} times a second" ]
                else
                    []

            look tries Cost.most Cost.none
        finally
            for each in others do
                use _ = each
                ()

    let private heap () =
        GC.Collect()
        GC.WaitForPendingFinalizers()
        GC.Collect()
        GC.GetTotalMemory false

    // One interrupt for all that run into their timeout: what each leaves there would stay.
    let private leavesNothing (pair: BackendPair) =
        let sock = unbox<ISockAsync>(box pair.Sock)
        use never = new CancellationTokenSource()
        let brief = TimeSpan.FromMilliseconds 0.5

        let byTimeout () =
            sock.WaitAsync(brief, SockEvents.Recv, never.Token).AsTask()
            |> Loops.inTime
            |> ignore

        let byInterrupt () =
            use interrupt = new CancellationTokenSource()
            let awaited = (Awaits.beginAwait sock interrupt.Token).AsTask()
            interrupt.Cancel()
            awaited |> Loops.inTime |> ignore

        // Who hears of an interrupt late has time for few.
        let cut most =
            let start = Stopwatch.GetTimestamp()

            let rec next count =
                if count = most || Stopwatch.GetElapsedTime start > TimeSpan.FromSeconds 1.0 then
                    count
                else
                    if count % 10 = 0 then byTimeout () else byInterrupt ()
                    next (count + 1)

            next 0

        let rec look left =
            let before = heap ()
            let count = cut 500
            let more = heap () - before

            if more <= little * 500L then
                []
            elif left > 1 then
                untilNextTurn ()
                look (left - 1)
            else
                [ $"{law}: {count} awaits that were cut leave {more} bytes" ]

        lock gate (fun () ->
            cut 20 |> ignore
            look tries)

    // What is left behind is looked at first: that makes noise itself.
    let isFree: Look =
        Playing.inTurn
            [
                Playing.fixedCases
                    [ () ]
                    (fun () -> "awaits that are cut by a timeout or an interrupt, again and again")
                    (Awaits.onRealTime (fun pair () -> leavesNothing pair))
                fun backend ->
                    Playing.fixedCases
                        [ () ]
                        (fun () -> $"{many} awaits of what does not come")
                        (Awaits.onRealTime (fun pair () -> costsNothing backend pair))
                        backend
            ]
