using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;

namespace BitcoinSock.Bench;

/// <summary>What connections cost of which each has a line awaited and nothing happens.</summary>
[SuppressMessage("Reliability", "CA2012", Justification = "Each is awaited once, at the end.")]
internal sealed class IdleAwaits : IDisposable
{
    private const int Few = 1000;
    private const int Most = 10_000;
    private const int Spared = 100; // pairs: the process opens files while it measures
    private const int LineLength = 16;
    private const byte Terminator = (byte)'\n';
    private const string Row = "  {0,-14}{1,14:F0}{2,14:F0}{3,14:F2}{4,12}";

    private static readonly TimeSpan Long = TimeSpan.FromHours(1);
    private static readonly byte[] Line = "A line it is.\n"u8.ToArray();

    private readonly TimeSpan _settles;
    private readonly TimeSpan _ends;
    private readonly (Sock Near, Sock Far)[] _pairs;
    private readonly Memory<byte>[] _lines;
    private readonly ValueTask<int>[] _pending;
    private int _awaited;
    private int _exceptions;

    public IdleAwaits(bool quick)
    {
        (_settles, _ends) = quick
            ? (TimeSpan.FromSeconds(1), TimeSpan.FromSeconds(6))
            : (TimeSpan.FromSeconds(5), TimeSpan.FromSeconds(30));
        _pairs = Pairs();
        _lines = Array.ConvertAll(_pairs, _ => new byte[LineLength].AsMemory());
        _pending = new ValueTask<int>[_pairs.Length];
    }

    /// <summary>Prints a table.</summary>
    /// <returns>What was measured with as many connections as there are descriptors for.</returns>
    public IdleCost Run()
    {
        Console.WriteLine();
        Console.WriteLine(
            $"unix pairs with a line awaited at one end, idle for {_ends.TotalSeconds} s"
        );
        if (_pairs.Length < Most)
        {
            Console.WriteLine($"  there are descriptors for {_pairs.Length} pairs");
        }

        Console.WriteLine(Row, "connections", "bytes each", "growth", "processor %", "exceptions");
        AppDomain.CurrentDomain.FirstChanceException += Count;
        IdleCost cost = default;
        long before = GC.GetTotalMemory(forceFullCollection: true);
        // Those of the first time go on: what the library keeps for a descriptor is new each time.
        foreach (int connections in (int[])[Few, _pairs.Length])
        {
            cost = Measure(Math.Min(connections, _pairs.Length), before);
            Console.WriteLine(
                Row,
                cost.Connections,
                cost.BytesEach,
                cost.Growth,
                cost.ProcessorPercent,
                cost.Exceptions
            );
        }

        End();
        AppDomain.CurrentDomain.FirstChanceException -= Count;
        return cost with { Exceptions = _exceptions };
    }

    public void Dispose()
    {
        foreach ((Sock near, Sock far) in _pairs)
        {
            near.Dispose();
            far.Dispose();
        }
    }

    private static (Sock Near, Sock Far)[] Pairs()
    {
        const int EMFILE = 24;
        List<(Sock Near, Sock Far)> pairs = new(Most);
        try
        {
            while (pairs.Count < Most)
            {
                pairs.Add(Sock.CreatePair(AddressFamily.Unix));
            }
        }
        catch (SockException e) when (e.ErrorCode == EMFILE && pairs.Count > Few + Spared)
        {
            foreach ((Sock near, Sock far) in pairs[^Spared..])
            {
                near.Dispose();
                far.Dispose();
            }

            pairs.RemoveRange(pairs.Count - Spared, Spared);
        }

        return [.. pairs];
    }

    private IdleCost Measure(int connections, long before)
    {
        for (; _awaited < connections; _awaited++)
        {
            _pending[_awaited] = _pairs[_awaited]
                .Near.RecvUntilTerminatorAsync(Terminator, _lines[_awaited], Long);
        }

        long start = Stopwatch.GetTimestamp();
        long after = GC.GetTotalMemory(forceFullCollection: true);
        Thread.Sleep(_settles);
        long settled = GC.GetTotalMemory(forceFullCollection: true);
        // To look at the memory is work, too: it is not within this.
        using var self = Process.GetCurrentProcess();
        TimeSpan used = self.TotalProcessorTime;
        long from = Stopwatch.GetTimestamp();
        Thread.Sleep(_ends - Stopwatch.GetElapsedTime(start));
        self.Refresh();
        used = self.TotalProcessorTime - used;
        double percent = 100 * used.TotalSeconds / Stopwatch.GetElapsedTime(from).TotalSeconds;
        long end = GC.GetTotalMemory(forceFullCollection: true);
        double each = (after - before) / (double)connections;
        return new(connections, each, end - settled, percent, _exceptions);
    }

    // They have not been forgotten: each gets its line.
    private void End()
    {
        foreach ((Sock _, Sock far) in _pairs)
        {
            far.Send(Line).ThrowIfError("send");
        }

        for (int i = 0; i < _pending.Length; i++)
        {
            int length = _pending[i].AsTask().GetAwaiter().GetResult();
            if (!_lines[i].Span[..(length + 1)].SequenceEqual(Line))
            {
                throw new InvalidDataException("The line is not what was sent.");
            }
        }
    }

    private void Count(object? sender, EventArgs e) => Interlocked.Increment(ref _exceptions);
}

/// <summary>What idle connections cost.</summary>
/// <param name="Connections">How many there were.</param>
/// <param name="BytesEach">Managed bytes that an await keeps, beside its sock.</param>
/// <param name="Growth">By how many bytes the memory of all grew while nothing happened.</param>
/// <param name="ProcessorPercent">The processor time, of one core's.</param>
/// <param name="Exceptions">How many were thrown, caught or not.</param>
internal readonly record struct IdleCost(
    int Connections,
    double BytesEach,
    long Growth,
    double ProcessorPercent,
    int Exceptions
);
