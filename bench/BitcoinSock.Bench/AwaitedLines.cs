using System.Diagnostics;
using System.Net.Sockets;

namespace BitcoinSock.Bench;

/// <summary>
/// Lines that are there, awaited and not: the same job by two drivers; and what a line allocates
/// that is really awaited.
/// </summary>
internal sealed class AwaitedLines(bool quick) : IDisposable
{
    private const int LineLength = 64; // with its terminator
    private const int LinesMax = 1024; // so many a unix socket holds, sent at once
    private const int WarmUp = 2000;
    private const byte Terminator = (byte)'\n';

    private static readonly TimeSpan Long = TimeSpan.FromSeconds(30);

    private readonly (Sock Near, Sock Far) _pair = Sock.CreatePair(AddressFamily.Unix);
    private readonly byte[] _lines = Lines();
    private readonly byte[] _line = new byte[LineLength];
    private readonly int _fills = quick ? 32 : 128;

    /// <summary>What is read by each, in words.</summary>
    public string Title =>
        $"unix pair, {Payload.Size(Total.Bytes)} in lines of {LineLength}, "
        + "all there before they are read";

    public Tally Total => new(LinesMax * _fills, _lines.Length * _fills);

    /// <summary>The blocking form first.</summary>
    public Series[] Measure(int rounds) =>
        Series.Measure(
            rounds,
            [
                new("blocking", "RecvUntilTerminator into a span", () => Time(ReadBlocking)),
                new("awaited", "RecvUntilTerminatorAsync into memory", () => Time(ReadAwaited)),
            ]
        );

    /// <summary>The bytes that each of many lines allocates whose receiver has to wait.</summary>
    public async Task<double> AllocationsAsync()
    {
        int lines = quick ? 5_000 : 50_000;
        await WaitForAsync(WarmUp).ConfigureAwait(false);
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await WaitForAsync(lines).ConfigureAwait(false);
        return (GC.GetTotalAllocatedBytes(precise: true) - before) / (double)lines;
    }

    public void Dispose()
    {
        _pair.Near.Dispose();
        _pair.Far.Dispose();
    }

    private static byte[] Lines()
    {
        byte[] lines = new byte[LinesMax * LineLength];
        lines.AsSpan().Fill((byte)'.');
        for (int end = LineLength - 1; end < lines.Length; end += LineLength)
        {
            lines[end] = Terminator;
        }

        return lines;
    }

    private async Task WaitForAsync(int lines)
    {
        for (int i = 0; i < lines; i++)
        {
            ValueTask<int> pending = _pair.Near.RecvUntilTerminatorAsync(Terminator, _line, Long);
            if (pending.IsCompleted)
            {
                throw new InvalidDataException("A line was there that nobody has sent.");
            }

            _pair.Far.SendComplete(_lines.AsSpan(0, LineLength), Long);
            Check(await pending.ConfigureAwait(false));
        }
    }

    // To send is the same for both, and so not timed.
    private double Time(Action read)
    {
        long ticks = 0;
        for (int fill = 0; fill < _fills; fill++)
        {
            _pair.Far.SendComplete(_lines, Long);
            long start = Stopwatch.GetTimestamp();
            read();
            ticks += Stopwatch.GetTimestamp() - start;
        }

        return ticks / (double)Stopwatch.Frequency;
    }

    private void ReadBlocking()
    {
        for (int i = 0; i < LinesMax; i++)
        {
            Check(_pair.Near.RecvUntilTerminator(Terminator, _line, Long));
        }
    }

    private void ReadAwaited()
    {
        ReadAsync().GetAwaiter().GetResult();

        async Task ReadAsync()
        {
            for (int i = 0; i < LinesMax; i++)
            {
                Check(
                    await _pair
                        .Near.RecvUntilTerminatorAsync(Terminator, _line, Long)
                        .ConfigureAwait(false)
                );
            }
        }
    }

    private static void Check(int length)
    {
        if (length + 1 != LineLength)
        {
            throw new InvalidDataException($"A line of {length} bytes came.");
        }
    }
}
