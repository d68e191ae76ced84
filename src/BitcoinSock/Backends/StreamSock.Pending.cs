using System.Net.Sockets;

namespace BitcoinSock;

// The one read and the one write that can be under way.
public sealed partial class StreamSock
{
    private bool IsDisposed => _disposing.IsCancellationRequested;

    private bool CanRecv(SockEvents requested) =>
        (requested & SockEvents.Recv) != SockEvents.None && CanRecv();

    private bool CanSend(SockEvents requested) =>
        (requested & SockEvents.Send) != SockEvents.None && CanSend();

    // Whether a receive would find something. If not, a read is under way.
    private bool CanRecv()
    {
        if (IsDisposed)
        {
            _readEnd = SockResult.Fail(NetworkError.BadHandle);
            _start = _end;
        }

        if (_start < _end || _readEnd is not null)
        {
            return true;
        }

        if (_reading is { IsCanceled: true } && _reading == _letGo)
        {
            _reading = null;
        }

        Task<int> reading = _reading ??= Begin(() => ReadAsync(Stream, _incoming, _reads.Token));
        if (!reading.IsCompleted)
        {
            return false;
        }

        _reading = null;
        if (reading.IsCompletedSuccessfully)
        {
            (_start, _end) = (0, reading.Result);
            _readEnd =
                reading.Result > 0 ? null
                : IsDisposed ? SockResult.Fail(NetworkError.BadHandle)
                : SockResult.Ok(0);
        }
        else
        {
            _readEnd = ErrorOf(reading, SocketError.ConnectionReset);
        }

        return true;
    }

    // Whether a send would take something, or fail. If not, a write is under way.
    private bool CanSend()
    {
        if (IsDisposed)
        {
            _writeEnd = SockResult.Fail(NetworkError.BadHandle);
            return true;
        }

        if (_writing is { IsCompleted: false })
        {
            return false;
        }

        if (_writing is { IsCompletedSuccessfully: false } failed)
        {
            _writeEnd = ErrorOf(failed, SocketError.Shutdown);
        }

        return true;
    }

    // Whether it ends within a second, and before this is disposed.
    private bool EndsInTime(Task? task) => WaitFor(task, _disposing.Token);

    private static bool WaitFor(Task? task, CancellationToken disposing)
    {
        try
        {
            int most = Deadline.ToMilliseconds(Sock.MaxWaitForIo);
            return task is null || Task.WaitAny([task], most, disposing) >= 0;
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    // Not of this object: a stream holds on to a read for as long as nothing comes, and who forgets
    // a StreamSock must not be kept by it.
    private static async Task<int> ReadAsync(
        Stream stream,
        Memory<byte> buffer,
        CancellationToken ending
    ) => await stream.ReadAsync(buffer, ending).ConfigureAwait(false);

    private static async Task WriteAsync(Stream stream, ReadOnlyMemory<byte> data)
    {
        await stream.WriteAsync(data).ConfigureAwait(false);
        await stream.FlushAsync().ConfigureAwait(false);
    }

    // Nothing of the stream's may want to go on in a thread that waits here for it, nor by its
    // scheduler.
    private T Begin<T>(Func<T> call)
        where T : Task
    {
        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        try
        {
            var begun = new Task<T>(call);
            begun.RunSynchronously(TaskScheduler.Default);
            return _bell.OnEndOf(begun.GetAwaiter().GetResult());
        }
        finally
        {
            SynchronizationContext.SetSynchronizationContext(context);
        }
    }

    // The system's code, if there is one behind the failure.
    private SockResult ErrorOf(Task failed, SocketError otherwise)
    {
        Failure = failed.Exception?.InnerException ?? new TaskCanceledException(failed);
        if (IsDisposed)
        {
            return SockResult.Fail(NetworkError.BadHandle); // whatever the stream makes of it
        }

        for (Exception? inner = Failure; inner is not null; inner = inner.InnerException)
        {
            switch (inner)
            {
                case SocketException system:
                    return SockResult.Fail(system.NativeErrorCode);
                case ObjectDisposedException:
                    return SockResult.Fail(NetworkError.BadHandle);
            }
        }

        return SockResult.Fail(otherwise);
    }
}
