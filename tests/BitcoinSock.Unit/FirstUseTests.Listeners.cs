using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;
using System.Diagnostics.Tracing;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using Xunit;

namespace BitcoinSock.Unit;

// Listeners that do what they should not: socks and operations must work all the same.
public partial class FirstUseTests
{
    [Fact(Skip = Wine.Hangs, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsHere))]
    public void A_meter_listener_that_throws_when_it_is_shown_instruments_breaks_nothing() =>
        Fresh.Process(ThrowAtInstruments);

    private static void ThrowAtInstruments()
    {
        using var before = new HeardMeasurements();
        using MeterListener thrower = AtInstruments(() => throw new InvalidOperationException());
        using var after = new HeardMeasurements();
        UseAll();
        // Whoever was shown them before hears all, and so does whoever comes later.
        using var later = new HeardMeasurements();
        UseAll();
        string[] all =
        [
            "bitcoinsock.io",
            "bitcoinsock.operation.duration",
            "bitcoinsock.operations",
            "bitcoinsock.waits",
        ];
        Assert.Equal(all, Heard(before));
        Assert.Equal(all, Heard(later));
        // The base library shows nothing to those after one that throws.
        Assert.Empty(after.All);
        Assert.InRange(later.OpenSockets(), 1, 100);

        static IEnumerable<string> Heard(HeardMeasurements measured) =>
            measured.All.Select(one => one.Instrument).Distinct().Order(StringComparer.Ordinal);
    }

    [Fact(Skip = Wine.Hangs, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsHere))]
    public void A_meter_listener_that_uses_a_sock_when_it_is_shown_instruments_is_told_all() =>
        Fresh.Process(UseASockAtInstruments);

    private static void UseASockAtInstruments()
    {
        using MeterListener user = AtInstruments(UseAll);
        using var measured = new HeardMeasurements();
        UseAll();
        Assert.NotEmpty(measured.All);
    }

    [Fact(Skip = Wine.Hangs, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsHere))]
    public void A_meter_listener_that_waits_for_another_thread_with_a_sock_is_told_all() =>
        Fresh.Process(WaitAtInstruments);

    private static void WaitAtInstruments()
    {
        using MeterListener waiter = AtInstruments(UseAllElsewhere);
        using var measured = new HeardMeasurements();
        UseAll();
        Assert.NotEmpty(measured.All);
    }

    [Fact(Skip = Wine.Hangs, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsHere))]
    public void A_meter_listener_that_does_not_return_costs_a_second_at_most_and_no_events() =>
        Fresh.Process(HangAtInstruments);

    private static void HangAtInstruments()
    {
        using MeterListener hanging = AtInstruments(() => Thread.Sleep(Timeout.Infinite));
        using var listener = new AtSource(null);
        UseAllInTime();
        UntilHeard(listener);
    }

    [Fact(Skip = Wine.Hangs, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsHere))]
    public void An_event_listener_that_throws_when_it_is_shown_the_source_breaks_nothing() =>
        Fresh.Process(ThrowAtSource);

    private static void ThrowAtSource()
    {
        using var measured = new HeardMeasurements();
        using var listener = new AtSource(() => throw new InvalidOperationException());
        UseAll();
        Assert.NotEmpty(measured.All);
    }

    [Fact(Skip = Wine.Hangs, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsHere))]
    public void An_event_listener_that_uses_a_sock_when_it_is_shown_the_source_is_told_all() =>
        Fresh.Process(UseASockAtSource);

    private static void UseASockAtSource()
    {
        using var listener = new AtSource(UseAll);
        UseAll();
        Assert.NotEmpty(listener.Heard);
    }

    [Fact(Skip = Wine.Hangs, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsHere))]
    public void An_event_listener_that_waits_for_another_thread_with_a_sock_is_told_all() =>
        Fresh.Process(WaitAtSource);

    private static void WaitAtSource()
    {
        using var listener = new AtSource(UseAllElsewhere);
        UseAll();
        Assert.NotEmpty(listener.Heard);
    }

    [Fact(Skip = Wine.Hangs, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsHere))]
    public void An_event_listener_that_does_not_return_costs_a_second_at_most_and_no_meter() =>
        Fresh.Process(HangAtSource);

    private static void HangAtSource()
    {
        using var measured = new HeardMeasurements();
        var listener = new AtSource(() => Thread.Sleep(Timeout.Infinite));
        UseAllInTime();
        Assert.NotEmpty(measured.All);
        GC.KeepAlive(listener);
    }

    [Fact(Skip = Wine.Hangs, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsHere))]
    public void A_first_use_within_the_base_librarys_lock_goes_on_and_events_come_later() =>
        Fresh.Process(UseASockUnderTheLock);

    private static void UseASockUnderTheLock()
    {
        // It is shown the runtime's own source first, and the library is used there.
        using var listener = new AtSource(UseAllInTime, "System.Runtime");
        UntilHeard(listener);
    }

    [Fact(Skip = Wine.Hangs, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsHere))]
    public void A_listener_to_another_source_that_does_not_return_costs_a_second_at_most() =>
        Fresh.Process(HangAtAnotherSource);

    private static void HangAtAnotherSource()
    {
        using var hangs = new ManualResetEventSlim();
        var listener = new AtSource(
            () =>
            {
                hangs.Set();
                Thread.Sleep(Timeout.Infinite);
            },
            nameof(FirstUseTests)
        );
        new Thread(() => _ = new EventSource(nameof(FirstUseTests))).Start();
        hangs.Wait();
        long start = Stopwatch.GetTimestamp();
        (Sock near, Sock far) = Sock.CreatePair();
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 8);
        // What needs the base library's pool would hang in it.
        near.SendComplete("a line\n"u8, Within.Long);
        Assert.Equal(6, far.RecvUntilTerminator(Newline, new byte[9], Within.Long));
        Assert.Equal(0, far.Wait(TimeSpan.FromMilliseconds(1), SockEvents.Recv, out _).Count);
        GC.KeepAlive(listener);
    }

    [Fact(Skip = Wine.Hangs, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsHere))]
    public void Many_threads_that_come_first_together_all_go_on() => Fresh.Process(ComeTogether);

    private static void ComeTogether()
    {
        using MeterListener waiter = AtInstruments(UseAllElsewhere);
        using var listener = new AtSource(UseAllElsewhere);
        Background<bool>[] all = [.. Enumerable.Range(0, 8).Select(_ => Background.Run(Used))];
        Assert.All(all, one => Assert.True(one.Join()));
        UntilHeard(listener);
    }

    [Fact(Skip = Wine.Hangs, SkipType = typeof(Wine), SkipWhen = nameof(Wine.IsHere))]
    public void A_thread_that_is_to_be_interrupted_goes_on_and_still_is() =>
        Fresh.Process(BeInterrupted);

    private static void BeInterrupted()
    {
        Thread.CurrentThread.Interrupt();
        (Sock near, Sock far) = Sock.CreatePair();
        Assert.Throws<ThreadInterruptedException>(() => Thread.Sleep(1));
        Use(near, far);
    }

    private static MeterListener AtInstruments(Action then)
    {
        var listener = new MeterListener
        {
            InstrumentPublished = (instrument, _) =>
            {
                if (instrument.Meter.Name == "BitcoinSock")
                {
                    then();
                }
            },
        };
        listener.Start();
        return listener;
    }

    private static bool Used()
    {
        UseAll();
        return true;
    }

    private static void UseAllElsewhere() => Background.Run(Used).Join();

    private static void UseAllInTime()
    {
        long start = Stopwatch.GetTimestamp();
        UseAll();
        // A second, and what a busy machine adds.
        Assert.InRange(Stopwatch.GetElapsedTime(start).TotalSeconds, 0, 8);
    }

    // What is published late is heard from then on.
    private static void UntilHeard(AtSource listener)
    {
        for (long start = Stopwatch.GetTimestamp(); listener.Heard.IsEmpty; Thread.Sleep(10))
        {
            UseAll();
            Assert.True(Stopwatch.GetElapsedTime(start) < Within.Long);
        }
    }

    private static void UseAll()
    {
        (Sock near, Sock far) = Sock.CreatePair();
        Use(near, far);
        Forget();
        GC.Collect();
        GC.WaitForPendingFinalizers();

        [MethodImpl(MethodImplOptions.NoInlining)]
        static void Forget() => _ = Sock.Create(AddressFamily.InterNetwork);
    }

    private static void Use(Sock near, Sock far)
    {
        using (near)
        using (far)
        {
            near.SendComplete("a line\nmore", Within.Long);
            Assert.Equal("a line", far.RecvUntilTerminator(Newline, Within.Long, default, 99));
            SockOutcome late = far.TryRecvComplete(new byte[5], TimeSpan.FromMilliseconds(1));
            Assert.Equal(new SockOutcome(SockStatus.Timeout, 4, 0), late);
            Assert.True(far.IsConnected(out _));
        }
    }

    /// <summary>Does something when it is shown a source, and hears the library's events.</summary>
    private sealed class AtSource(Action? then, string name = "BitcoinSock") : EventListener
    {
        public ConcurrentQueue<string?> Heard { get; } = new();

        protected override void OnEventSourceCreated(EventSource eventSource)
        {
            if (eventSource.Name == "BitcoinSock")
            {
                EnableEvents(eventSource, EventLevel.Verbose);
            }

            if (eventSource.Name == name)
            {
                then?.Invoke();
            }
        }

        protected override void OnEventWritten(EventWrittenEventArgs eventData) =>
            Heard.Enqueue(eventData.EventName);
    }
}
