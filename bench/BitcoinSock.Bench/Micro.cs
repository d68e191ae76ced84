using System.Diagnostics.CodeAnalysis;
using System.Net.Sockets;
using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Jobs;
using BenchmarkDotNet.Toolchains.InProcess.Emit;

namespace BitcoinSock.Bench;

/// <summary>
/// Each operation on a unix pair, in one thread: what it reads is written first, by one plain send,
/// and what it sends is read back by one plain recv. <see cref="SendAndRecv"/> is that alone.
/// </summary>
[Config(typeof(InThisProcess))]
[MemoryDiagnoser]
[SuppressMessage("Design", "CA1001", Justification = "BenchmarkDotNet cleans up.")]
public class Micro
{
    private const int LineLength = 64;
    private const int LinesPerBatch = 32;
    private const byte Terminator = Payload.Terminator;

    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly ThreadInterrupt _interrupt = new();
    private readonly byte[] _line = new byte[LineLength];
    private readonly byte[] _lines = new byte[LineLength * LinesPerBatch];
    private readonly byte[] _buffer = new byte[LineLength * LinesPerBatch];
    private readonly Range[] _frames = new Range[LinesPerBatch];
    private Sock _near = null!;
    private Sock _far = null!;
    private FrameReader _reader = null!;
    private ManagedSock _managed = null!;

    /// <summary>Two ends, and lines of letters.</summary>
    [GlobalSetup]
    public void Setup()
    {
        (_near, _far) = Sock.CreatePair(AddressFamily.Unix);
        _reader = new FrameReader(_near, Terminator, LineLength);
        _line.AsSpan().Fill((byte)'a');
        _line[^1] = Terminator;
        for (int start = 0; start < _lines.Length; start += LineLength)
        {
            _line.CopyTo(_lines, start);
        }
    }

    /// <summary>For what needs something there and leaves it.</summary>
    [GlobalSetup(Targets = [nameof(IsConnected), nameof(Wait), nameof(WaitInterruptible)])]
    public void SetupWithData()
    {
        Setup();
        _far.Send(_line);
    }

    /// <summary>For what is awaited.</summary>
    [GlobalSetup(Targets = [nameof(RecvUntilTerminatorAwaited)])]
    public void SetupManaged()
    {
        Setup();
        _managed = new ManagedSock(_near.ToSocket());
    }

    /// <summary>Closes both ends.</summary>
    [GlobalCleanup]
    public void Cleanup()
    {
        _managed?.Dispose();
        _near.Dispose();
        _far.Dispose();
    }

    /// <summary>What is part of every job that reads or sends.</summary>
    [Benchmark(Baseline = true)]
    public int SendAndRecv()
    {
        _far.Send(_line);
        return _near.Recv(_buffer).Count;
    }

    /// <summary>One buffer.</summary>
    [Benchmark]
    public int SendComplete()
    {
        _near.SendComplete(_line, Second);
        return _far.Recv(_buffer).Count;
    }

    /// <summary>Two buffers, one line; as short as a P2P message and its header.</summary>
    [Benchmark]
    public int SendCompleteTwo()
    {
        _near.SendComplete(_line.AsSpan(0, 24), _line.AsSpan(24), Second);
        return _far.Recv(_buffer).Count;
    }

    /// <summary>A line into a span.</summary>
    [Benchmark]
    public int RecvUntilTerminatorSpan()
    {
        _far.Send(_line);
        return _near.RecvUntilTerminator(Terminator, _buffer, Second);
    }

    /// <summary>A line as a string, which is what it allocates.</summary>
    [Benchmark]
    public string RecvUntilTerminatorString()
    {
        _far.Send(_line);
        return _near.RecvUntilTerminator(Terminator, Second, default, LineLength);
    }

    /// <summary>A line that is not there when it is asked for.</summary>
    [Benchmark]
    public async Task<int> RecvUntilTerminatorAwaited()
    {
        ValueTask<int> line = _managed.RecvUntilTerminatorAsync(Terminator, _buffer, Second);
        _far.Send(_line);
        return await line.ConfigureAwait(false);
    }

    /// <summary>As many bytes as there are.</summary>
    [Benchmark]
    public void RecvComplete()
    {
        _far.Send(_line);
        _near.RecvComplete(_buffer.AsSpan(0, LineLength), Second);
    }

    /// <summary>One frame of a reader.</summary>
    [Benchmark]
    public int FrameReaderRead()
    {
        _far.Send(_line);
        return _reader.Read(Second).Length;
    }

    /// <summary>A frame of a batch; the send is shared by all of them as well.</summary>
    [Benchmark(OperationsPerInvoke = LinesPerBatch)]
    public int FrameReaderReadBatch()
    {
        _far.Send(_lines);
        return _reader.ReadBatch(_frames, Second).Count;
    }

    /// <summary>One peek.</summary>
    [Benchmark]
    public bool IsConnected() => _near.IsConnected(out _);

    /// <summary>Data is there.</summary>
    [Benchmark]
    public int Wait() => _near.Wait(Second, SockEvents.Recv, out _).Count;

    /// <summary>Data is there, and an interrupt could come.</summary>
    [Benchmark]
    public int WaitInterruptible() => _near.Wait(Second, SockEvents.Recv, out _, _interrupt).Count;

    private sealed class InThisProcess : ManualConfig
    {
        // A process of its own would be built from a project that BenchmarkDotNet writes, outside
        // of what Paket restores.
        public InThisProcess() =>
            AddJob(
                Job.Default.WithToolchain(InProcessEmitToolchain.Instance)
                    .WithWarmupCount(3)
                    .WithIterationCount(10)
                    .WithIterationTime(Perfolizer.Horology.TimeInterval.FromMilliseconds(200))
            );
    }
}
