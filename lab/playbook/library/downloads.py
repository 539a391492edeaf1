#!/usr/bin/python
"""Programs onto a host, by checksum, several at a time. What is there and right is left alone.

files: [{url, checksum, dest}] single programs.
archives: [{url, checksum, members: {name in the archive: destination}}]; a name ending in / means every file under
it, into the folder `destination`. The archive stays in `cache`, so that a second run need not fetch it to compare.
"""

import hashlib
import os
import tarfile
import time
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor

from ansible.module_utils.basic import AnsibleModule


def sha256(path):
    if not os.path.exists(path):
        return ''
    digest = hashlib.sha256()
    with open(path, 'rb') as file:
        for block in iter(lambda: file.read(1 << 20), b''):
            digest.update(block)
    return digest.hexdigest()


def fetch(url, checksum, dest):
    """Whether it had to be fetched. Three tries: a server that is just starting is no reason to give up."""
    wanted = checksum.rpartition(':')[2].lower()
    if sha256(dest) == wanted:
        return False
    os.makedirs(os.path.dirname(dest), exist_ok=True)
    part = dest + '.part'
    for attempt in (1, 2, 3):
        digest = hashlib.sha256()
        try:
            with urllib.request.urlopen(url, timeout=60) as answer, open(part, 'wb') as file:
                for block in iter(lambda: answer.read(1 << 20), b''):
                    file.write(block)
                    digest.update(block)
            break
        except urllib.error.HTTPError as error:
            raise RuntimeError('%s answers %s %s' % (url, error.code, error.reason))
        except OSError as error:
            if attempt == 3:
                raise RuntimeError('%s: %s' % (url, error))
            time.sleep(attempt)
    got = digest.hexdigest()
    if got != wanted:
        os.unlink(part)
        raise RuntimeError('%s has checksum %s, wanted %s' % (url, got, wanted))
    os.chmod(part, 0o755)
    os.rename(part, dest)
    return True


def unpack(archive, members):
    """Destinations that differed from the archive's content."""
    changed = []
    with tarfile.open(archive) as tar:
        for item in tar:
            dest = destination(item, members)
            if dest is None:
                continue
            content = tar.extractfile(item).read()
            if sha256(dest) == hashlib.sha256(content).hexdigest():
                continue
            os.makedirs(os.path.dirname(dest), exist_ok=True)
            with open(dest + '.part', 'wb') as file:
                file.write(content)
            os.chmod(dest + '.part', 0o755)
            os.rename(dest + '.part', dest)
            changed.append(dest)
    return changed


def destination(item, members):
    if not item.isfile():
        return None
    name = os.path.normpath(item.name)
    if name in members:
        return members[name]
    for folder, dest in members.items():
        inside = name if folder == './' else name[len(folder):] if name.startswith(folder) else ''
        if folder.endswith('/') and inside and '/' not in inside:
            return os.path.join(dest, inside)
    return None


def main():
    module = AnsibleModule(
        argument_spec={
            'files': {'type': 'list', 'elements': 'dict', 'default': []},
            'archives': {'type': 'list', 'elements': 'dict', 'default': []},
            'cache': {'default': '/tmp/releases'},
        },
    )

    def one_file(item):
        return [item['dest']] if fetch(item['url'], item['checksum'], item['dest']) else []

    def one_archive(item):
        kept = os.path.join(module.params['cache'], os.path.basename(item['url']))
        fetch(item['url'], item['checksum'], kept)
        return unpack(kept, item['members'])

    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(one_archive, item) for item in module.params['archives']]
        jobs += [pool.submit(one_file, item) for item in module.params['files']]
    errors = [str(job.exception()) for job in jobs if job.exception()]
    if errors:
        module.fail_json(msg='Downloads failed: ' + '; '.join(errors))
    changed = sorted(path for job in jobs for path in job.result())
    module.exit_json(changed=bool(changed), files=changed)


if __name__ == '__main__':
    main()
